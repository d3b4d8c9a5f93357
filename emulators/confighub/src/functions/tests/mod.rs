mod clauses;
mod corpus;
mod laws;
mod signatures;
mod validate;

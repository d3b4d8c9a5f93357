mod clauses;
mod corpus;
mod signatures;

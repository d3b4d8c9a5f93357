mod edits;
mod merges;
mod mutations;
mod paths;

mod edits;
mod merges;
mod mutations;
mod paths;
mod where_data;

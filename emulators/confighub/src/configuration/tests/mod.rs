mod edits;
mod merges;
mod mutations;
mod paths;
mod upgrades;
mod where_data;

mod edits;
mod merges;
mod mutations;
mod paths;
mod recorded;
mod upgrades;

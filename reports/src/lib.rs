//! Journal types, verdicts and the reports that people and machines read.

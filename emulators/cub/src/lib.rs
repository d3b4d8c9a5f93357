//! A stand-in for the cub command line client.

//! Rebuilds the binary when a built-in feature or fixture comes or goes: the compiler alone would
//! notice only changes of files that it has seen before.

fn main() {
    println!("cargo::rerun-if-changed=features");
    println!("cargo::rerun-if-changed=fixtures");
}

//! Rebuilds the binary when a built-in feature or fixture comes or goes: the compiler alone would
//! notice only changes of files that it has seen before. And links it for a fixed address where that is
//! possible: it runs once for each command of a traced script, and to be moved elsewhere in memory,
//! with some sixty thousand addresses in it, is the larger part of its start.

fn main() {
    println!("cargo::rerun-if-changed=features");
    println!("cargo::rerun-if-changed=fixtures");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

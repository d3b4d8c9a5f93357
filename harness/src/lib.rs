//! The run loop, environments, script tracer and finding detectors.

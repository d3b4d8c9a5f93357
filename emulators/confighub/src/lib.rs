//! An emulator of the ConfigHub API endpoint.

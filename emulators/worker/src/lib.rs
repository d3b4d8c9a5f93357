//! An emulator of the ConfigHub bridge worker.

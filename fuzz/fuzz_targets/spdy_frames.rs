//! Frames of SPDY. In how many pieces bytes come does not matter, and data comes out as it was sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stagegate_kubernetes::fuzzing::{data_frames, spdy_frames};

fuzz_target!(|bytes: &[u8]| {
    let whole = spdy_frames([bytes]);
    assert_eq!(spdy_frames(bytes.chunks(1)), whole);
    assert_eq!(spdy_frames(bytes.chunks(7)), whole);
    let sent = data_frames(3, bytes, true);
    let (frames, error) = spdy_frames(sent.chunks(5));
    assert_eq!((frames.len(), error), (1, None));
    assert_eq!(frames[0], format!("Data {{ stream: 3, bytes: {bytes:?}, end: true }}"));
});

//! Speed of reed-solomon-erasure without SIMD on one thread, encoding only.
//!
//!     rse K PARITY LENGTH SECONDS
//!
//! Prints bytes of data (K * LENGTH) per second: the best of many short runs over SECONDS.

use reed_solomon_erasure::galois_8::ReedSolomon;
use std::time::{Duration, Instant};

const BYTES_PER_SHORT_RUN: usize = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [k, parity, length, seconds] = arguments.as_slice() else {
        eprintln!("usage: rse K PARITY LENGTH SECONDS");
        std::process::exit(2);
    };
    let k: usize = k.parse().expect("K is a number");
    let parity: usize = parity.parse().expect("PARITY is a number");
    let length: usize = length.parse().expect("LENGTH is a number");
    let seconds: f64 = seconds.parse().expect("SECONDS is a number");

    let codec = ReedSolomon::new(k, parity).expect("a code");
    let mut shards: Vec<Vec<u8>> = (0..k + parity).map(|shard| noise(shard, length)).collect();
    let repeats = (BYTES_PER_SHORT_RUN / (k * length)).max(1);
    let mut best = Duration::MAX;
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds {
        let before = Instant::now();
        for _ in 0..repeats {
            codec.encode(&mut shards).expect("shards of one length");
        }
        best = best.min(before.elapsed());
    }
    println!("{:.0}", (k * length * repeats) as f64 / best.as_secs_f64());
}

/// Bytes of a linear congruential generator.
fn noise(seed: usize, length: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        })
        .collect()
}

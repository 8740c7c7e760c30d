//! An example of an auditor's own program: it checks that a leaf is in a log that the policy trusts.
//!
//! `cargo run --example verify -- RECEIPT.tlog-proof LEAF POLICY`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program prints its result")]

use std::error::Error;
use std::process::ExitCode;
use std::{env, fs};

use keyrack_merkle::{Policy, ProofFile, Trusted, encode_hash, verify_receipt};

fn main() -> ExitCode {
    let files: Vec<String> = env::args().skip(1).collect();
    let [receipt, leaf, policy] = files.as_slice() else {
        eprintln!("usage: verify RECEIPT LEAF POLICY");
        return ExitCode::from(2);
    };
    match verify(receipt, leaf, policy) {
        Ok((index, Trusted { checkpoint, log_keys, cosigned })) => {
            println!("leaf {index} of {}, among its first {} leaves", checkpoint.origin, checkpoint.size);
            println!("root {}", encode_hash(&checkpoint.root));
            log_keys.iter().for_each(|key| println!("signed by {key}"));
            cosigned.iter().for_each(|(name, time)| println!("cosigned by {name}, {time} seconds after 1970"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("not proved: {error}");
            ExitCode::FAILURE
        }
    }
}

fn verify(receipt: &str, leaf: &str, policy: &str) -> Result<(u64, Trusted), Box<dyn Error>> {
    let proof = ProofFile::parse(&fs::read_to_string(receipt)?)?;
    let policy = Policy::parse(&fs::read(policy)?)?;
    Ok((proof.index, verify_receipt(&fs::read(leaf)?, &proof, &policy)?))
}

//! Calls in another name, for another node, for another cluster.

use keyrack_tests::peer::{CallHead, Fields};

use super::SHARD;
use super::case::{Case, Expected, PERMISSION_DENIED};
use super::member::Facts;

pub fn cases(facts: &Facts) -> Vec<Case> {
    let own = &facts.head;
    let named = |change: &dyn Fn(&mut CallHead)| {
        let mut head = own.clone();
        change(&mut head);
        head
    };
    let impersonated = [
        ("another cluster", named(&|head| head.cluster = "prod".into())),
        ("no cluster", named(&|head| head.cluster.clear())),
        ("in the name of the other node", named(&|head| head.from = facts.honest().to_string())),
        ("in the name of the called node", named(&|head| head.from = facts.victim.to_string())),
        ("in the name of a node that does not exist", named(&|head| head.from = "9".into())),
        ("without a name", named(&|head| head.from.clear())),
        ("in the name of no number", named(&|head| head.from = "three".into())),
    ];
    let misdirected = [
        (
            "for the other node",
            named(&|head| head.to = head.to.replacen(&facts.victim.to_string(), &facts.honest().to_string(), 1)),
        ),
        ("for another incarnation", named(&|head| head.to = format!("{}/1", facts.victim))),
        ("for no incarnation", named(&|head| head.to = facts.victim.to_string())),
        ("for nobody", named(&|head| head.to.clear())),
    ];
    let mut cases = Vec::new();
    let group = Fields::new().number(1, SHARD);
    for call in ["Vote", "Append", "Propose", "HeldVote"] {
        for (what, head) in &impersonated {
            let refused = Expected::Refused(PERMISSION_DENIED);
            cases.push(Case { expected: refused, ..Case::invalid(what, call, &group) }.with_head(head.clone()));
        }
        for (what, head) in &misdirected {
            let logged = Expected::Logged(PERMISSION_DENIED);
            cases.push(Case { expected: logged, ..Case::invalid(what, call, &group) }.with_head(head.clone()));
        }
    }
    cases
}

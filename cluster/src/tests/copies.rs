//! Nodes that start from copies of their data folders (ADR 17).

use super::three_nodes::{Nodes, book, book_through, bookings, hotel};

/// The bookings after the copy are on the nodes 2 and 3 only. Node 3 with its old copy and node 1, which never had them, are a
/// majority.
#[test]
fn an_old_copy_of_a_folder_loses_no_booking() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    nodes.stop(2);
    nodes.back_up(2);
    nodes.restart(2).expect("its own folder");
    nodes.stop(0);
    for number in 2..=3 {
        book_through(&nodes, 1, &place, number);
    }
    let incarnation = nodes.node(2).cluster.node.incarnation;
    nodes.stop(2);
    nodes.put_back(2);
    nodes.restart_together(&[2, 0]);
    assert_ne!(nodes.node(2).cluster.node.incarnation, incarnation, "it rejoined with an empty folder");
    assert!(nodes.data(2).join("set-aside/1/FORMAT").exists(), "the copy is kept");
    book_through(&nodes, 2, &place, 4);
    for through in 0..3 {
        assert_eq!(bookings(&nodes, through), 4, "through node {}", through + 1);
    }
    (0..3).for_each(|place| nodes.stop(place));
}

#[test]
fn a_cluster_of_copies_starts_from_them() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    (0..3).for_each(|place| nodes.stop(place));
    (0..3).for_each(|place| nodes.back_up(place));
    nodes.restart_together(&[0, 1, 2]);
    book(&nodes, &place, 2);
    (0..3).for_each(|place| nodes.stop(place));
    (0..3).for_each(|place| nodes.put_back(place));
    nodes.restart_together(&[0, 1, 2]);
    assert_eq!(bookings(&nodes, 0), 1, "the state of the copies");
    assert!((0..3).all(|place| !nodes.data(place).join("set-aside").exists()), "no copy is set aside");
    book(&nodes, &place, 3);
    assert_eq!(bookings(&nodes, 2), 2);
    // The next start is an ordinary one.
    nodes.stop(1);
    nodes.restart(1).expect("its own folder");
    (0..3).for_each(|place| nodes.stop(place));
}

/// Two of three copies are older: a majority without the bookings that the third copy has.
#[test]
fn copies_of_different_times_keep_everything_that_one_of_them_has() {
    for newest in 0..3 {
        let mut nodes = Nodes::start();
        let place = hotel(&nodes);
        book(&nodes, &place, 1);
        for older in (0..3).filter(|place| *place != newest) {
            nodes.stop(older);
            nodes.back_up(older);
            nodes.restart(older).expect("its own folder");
        }
        for number in 2..=4 {
            book_through(&nodes, newest, &place, number);
        }
        (0..3).for_each(|place| nodes.stop(place));
        nodes.back_up(newest);
        (0..3).for_each(|place| nodes.put_back(place));
        nodes.restart_together(&[0, 1, 2]);
        book_through(&nodes, 0, &place, 5);
        for through in 0..3 {
            assert_eq!(bookings(&nodes, through), 5, "through node {}, the newest copy is node {}'s", through + 1, newest + 1);
        }
        (0..3).for_each(|place| nodes.stop(place));
    }
}

#[test]
fn a_folder_that_was_renamed_is_no_copy() {
    let mut nodes = Nodes::start();
    let place = hotel(&nodes);
    book(&nodes, &place, 1);
    let incarnation = nodes.node(2).cluster.node.incarnation;
    nodes.stop(2);
    let elsewhere = nodes.data(2).with_extension("moved");
    std::fs::rename(nodes.data(2), &elsewhere).expect("renamed");
    std::fs::rename(&elsewhere, nodes.data(2)).expect("renamed back");
    nodes.restart(2).expect("its own folder");
    assert_eq!(nodes.node(2).cluster.node.incarnation, incarnation);
    (0..3).for_each(|place| nodes.stop(place));
}

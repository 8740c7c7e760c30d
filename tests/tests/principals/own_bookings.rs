//! A caller that may see only its own bookings: those of other sellers, with numbers or without, stay hidden.

use keyrack_tests::{Api, Cluster, HotelPlan, refusal};
use serde_json::json;

use crate::{id_of, list_of, path_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_sees_only_what_it_sold_itself() {
    let cluster = Cluster::start();
    let hotel = HotelPlan::new("own", 50).open(&cluster.operator()).await;
    let operators = cluster.operators().await;
    let mut channels = Vec::new();
    for name in ["first-channel", "second-channel"] {
        let wish = json!({ "role": "channel", "properties": [hotel.id] });
        channels.push(hotel.through(&operators.caller(name, &wish, &cluster.operator()).await));
    }
    // The keys of the configuration belong to no principal: their seller is number 0.
    let (manager, configured) = (hotel.through(&cluster.api("manager", 1)), hotel.through(&cluster.api("channel", 1)));
    let sellers = [&manager, &configured, &channels[0], &channels[1]];
    let mut sold = Vec::new();
    for seller in sellers {
        sold.push(seller.booked("2027-03-01", "2027-03-02").await);
    }
    let seen = async |api: &Api| {
        let page = api.get(&list_of(&hotel)).send().await.expect(200).json();
        let mut ids: Vec<String> = page["items"].as_array().unwrap().iter().map(|one| id_of(one).to_owned()).collect();
        ids.sort();
        ids
    };
    let ids = |places: &[usize]| {
        let mut ids: Vec<String> = places.iter().map(|place| id_of(&sold[*place]).to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(seen(&manager.api).await, ids(&[0, 1, 2, 3]), "a manager sees all");
    for (place, channel) in [(2, &channels[0]), (3, &channels[1])] {
        assert_eq!(seen(&channel.api).await, ids(&[place]), "seller {place}");
        for (other, booking) in sold.iter().enumerate() {
            let answer = channel.api.get(&path_of(booking)).send().await;
            if other == place {
                answer.expect(200);
                continue;
            }
            refusal(&answer, 404, "not_found");
            let cancelled = channel.act(booking, "cancel", &json!({})).await;
            refusal(&cancelled, 404, "not_found");
        }
    }
    for booking in &sold {
        assert_eq!(manager.get(booking).await["state"], "confirmed", "nobody cancelled another seller's booking");
    }
}

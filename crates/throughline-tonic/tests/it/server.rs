//! Calls as the server sees them: the layer, over HTTP/2 and with gRPC's trailers.

use crate::support::{Receiving, Told, call, chat, chat_as, say, serve};
use tokio::sync::mpsc::unbounded_channel;
use tonic::Code;
use tonic::transport::Channel;

async fn connect() -> (Channel, Told) {
    let (endpoint, told) = serve().await;
    (endpoint.connect().await.unwrap(), told)
}

#[tokio::test]
async fn the_id_comes_in_metadata_and_goes_back_in_metadata() {
    let (channel, mut told) = connect().await;
    let answer = say(channel, call("id", &[("x-request-id", "r-1")]))
        .await
        .unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "r-1");
    assert_eq!(answer.into_inner(), "r-1");
    assert_eq!(told.recv().await.unwrap(), "finished r-1");
}

#[tokio::test]
async fn a_call_without_an_id_gets_one_and_hears_it() {
    let (channel, _told) = connect().await;
    let one = say(channel.clone(), call("id", &[])).await.unwrap();
    let two = say(channel, call("id", &[])).await.unwrap();
    for answer in [&one, &two] {
        let said = answer.metadata().get("x-request-id").unwrap();
        assert_eq!(said, answer.get_ref().as_str());
    }
    assert_ne!(one.get_ref(), two.get_ref());
}

#[tokio::test]
async fn bad_ids_are_replaced_and_of_several_the_first_is_taken() {
    let (channel, _told) = connect().await;
    let long = "x".repeat(10_000);
    for bad in ["", "two words", "a\tb", &long] {
        let answer = say(channel.clone(), call("id", &[("x-request-id", bad)])).await;
        let id = answer.unwrap().into_inner();
        assert!(
            id.bytes().all(|c| c.is_ascii_graphic()) && (1..=128).contains(&id.len()),
            "{id:?}"
        );
        assert_ne!(id, bad);
    }
    let mut beyond_ascii = call("id", &[]);
    let value = tonic::metadata::MetadataValue::try_from(&b"r-\xff"[..]).unwrap();
    beyond_ascii.metadata_mut().insert("x-request-id", value);
    let id = say(channel.clone(), beyond_ascii).await.unwrap().into_inner();
    assert!(id.bytes().all(|c| c.is_ascii_graphic()), "{id:?}");
    let twice = [("x-request-id", "r-1"), ("x-request-id", "r-2")];
    assert_eq!(
        say(channel, call("id", &twice)).await.unwrap().into_inner(),
        "r-1"
    );
}

#[tokio::test]
async fn the_peer_is_known() {
    let (channel, _told) = connect().await;
    let peer = say(channel, call("peer", &[])).await.unwrap().into_inner();
    assert!(peer.starts_with("127.0.0.1:"), "{peer}");
}

#[tokio::test]
async fn a_status_is_an_answer_and_carries_the_id() {
    let (channel, mut told) = connect().await;
    let status = say(channel, call("fail", &[("x-request-id", "r-1")]))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.metadata().get("x-request-id").unwrap(), "r-1");
    assert_eq!(told.recv().await.unwrap(), "finished r-1");
}

#[tokio::test]
async fn each_message_of_a_stream_is_made_in_context_and_so_is_its_end() {
    let (channel, mut told) = connect().await;
    let (send, messages) = unbounded_channel();
    let mut answers = chat(&channel, Receiving(messages)).await;
    for (message, answer) in [("a", "a 1 r-1"), ("b", "b 2 r-1")] {
        send.send(message.to_owned()).unwrap();
        assert_eq!(answers.message().await.unwrap().unwrap(), answer);
    }
    send.send("stop".to_owned()).unwrap();
    assert_eq!(answers.message().await.unwrap(), None);
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "finished r-1");
}

// gRPC tells an error in the trailers: to HTTP the response is whole.
#[tokio::test]
async fn a_stream_that_breaks_off_is_an_answer_with_a_status() {
    let (channel, mut told) = connect().await;
    let (send, messages) = unbounded_channel();
    let mut answers = chat(&channel, Receiving(messages)).await;
    send.send("a".to_owned()).unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap(), "a 1 r-1");
    send.send("fail".to_owned()).unwrap();
    assert_eq!(answers.message().await.unwrap_err().code(), Code::DataLoss);
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "finished r-1");
}

#[tokio::test]
async fn a_stream_that_panics_closes_its_call_and_no_other() {
    let (channel, mut told) = connect().await;
    let (send, messages) = unbounded_channel();
    let mut answers = chat(&channel, Receiving(messages)).await;
    send.send("panic".to_owned()).unwrap();
    assert!(answers.message().await.is_err());
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "panicked r-1");
    let next = say(channel, call("id", &[("x-request-id", "r-2")])).await;
    assert_eq!(next.unwrap().into_inner(), "r-2");
}

#[tokio::test]
async fn a_client_that_gives_up_in_a_stream_closes_the_call() {
    let (channel, mut told) = connect().await;
    let (send, messages) = unbounded_channel();
    let mut answers = chat(&channel, Receiving(messages)).await;
    send.send("a".to_owned()).unwrap();
    assert_eq!(answers.message().await.unwrap().unwrap(), "a 1 r-1");
    // Its own side of the stream too: a call goes on while one of them does.
    drop((send, answers));
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "hung up r-1");
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_the_answer_closes_the_call() {
    let (channel, mut told) = connect().await;
    let waiting = tokio::spawn(say(channel.clone(), call("wait", &[("x-request-id", "r-1")])));
    assert_eq!(told.recv().await.unwrap(), "waiting in r-1");
    waiting.abort();
    assert_eq!(told.recv().await.unwrap(), "dropped in r-1");
    assert_eq!(told.recv().await.unwrap(), "hung up r-1");
    // The connection goes on.
    let next = say(channel, call("id", &[("x-request-id", "r-2")]))
        .await
        .unwrap();
    assert_eq!(next.into_inner(), "r-2");
}

#[tokio::test]
async fn a_handler_that_panics_closes_its_call_and_no_other() {
    let (channel, mut told) = connect().await;
    let panicked = say(channel.clone(), call("panic", &[("x-request-id", "r-1")])).await;
    assert!(panicked.is_err());
    assert_eq!(told.recv().await.unwrap(), "panicked r-1");
    let next = say(channel, call("id", &[("x-request-id", "r-2")]))
        .await
        .unwrap();
    assert_eq!(next.into_inner(), "r-2");
    assert_eq!(told.recv().await.unwrap(), "finished r-2");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_once_over_one_connection_are_not_mixed() {
    let (channel, _told) = connect().await;
    let calls = (0..200).map(|n| {
        let channel = channel.clone();
        tokio::spawn(async move {
            let id = format!("r-{n}");
            let answer = say(channel, call("id", &[("x-request-id", &id)])).await.unwrap();
            assert_eq!(answer.metadata().get("x-request-id").unwrap(), id.as_str());
            assert_eq!(answer.into_inner(), id);
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

// Some are given up before the server has them, some in the stream. (Ten connections, since a server hangs up on one that gives up much at once.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_calls_ends_once_in_its_own_context_whoever_gives_up() {
    let (endpoint, mut told) = serve().await;
    let channels: Vec<Channel> = (0..10).map(|_| endpoint.connect_lazy()).collect();
    let calls = (0..300).map(|n| {
        let channel = channels[n % 10].clone();
        tokio::spawn(async move {
            let id = format!("r-{n}");
            match n % 3 {
                0 => {
                    let waits = say(channel, call("wait", &[("x-request-id", &id)]));
                    let patience = std::time::Duration::from_micros(n as u64 * 20);
                    assert!(tokio::time::timeout(patience, waits).await.is_err());
                }
                1 => {
                    let (send, messages) = unbounded_channel();
                    let mut answers = chat_as(&id, &channel, Receiving(messages)).await;
                    send.send("a".to_owned()).unwrap();
                    let answer = answers.message().await.unwrap().unwrap();
                    assert_eq!(answer, format!("a 1 {id}"));
                }
                _ => {
                    let answer = say(channel, call("id", &[("x-request-id", &id)])).await;
                    assert_eq!(answer.unwrap().into_inner(), id);
                }
            }
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    drop(channels);
    let mut ends = std::collections::HashMap::new();
    // Of those that were given up early, the server may never have heard.
    while ends.keys().filter(|id| **id % 3 != 0).count() < 200 {
        let line = told.recv().await.unwrap();
        let (what, id) = line.rsplit_once(" r-").unwrap_or_else(|| panic!("{line}"));
        let id: usize = id.parse().unwrap();
        if !matches!(what, "waiting in" | "dropped in") {
            // A call whose message did not arrive as a whole was answered so, whoever heard of it.
            let right: &[&str] = match id % 3 {
                0 => &["hung up", "finished"],
                1 => &["hung up"],
                _ => &["finished"],
            };
            assert!(right.contains(&what), "{line}");
            assert_eq!(ends.insert(id, what.to_owned()), None, "{line} twice");
        }
    }
}

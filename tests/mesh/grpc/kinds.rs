//! Every kind of call, with all that a call carries.

use std::pin::pin;

use futures::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, codec::CompressionEncoding::Gzip, metadata::MetadataValue};

use super::{
    echo::{EchoClient, LARGE, all, note},
    fleet::Fleet,
};

#[tokio::test]
async fn a_unary_call_carries_its_message_and_its_metadata_both_ways() {
    let fleet = Fleet::one().await;
    let mut asked = Request::new(note("hello", 7));
    let metadata = asked.metadata_mut();
    metadata.append("x-text", "a".parse().expect("a value"));
    metadata.append("x-text", "b".parse().expect("a value"));
    metadata.insert_bin("x-raw-bin", MetadataValue::from_bytes(b"\0\xff"));
    let answer = fleet.stub().say(asked).await.expect("an answer");
    let texts: Vec<_> = answer.metadata().get_all("x-text").iter().collect();
    assert_eq!(texts, ["a", "b"], "both lines, in order");
    let raw = answer.metadata().get_bin("x-raw-bin").expect("the bytes");
    assert_eq!(raw.to_bytes().expect("base64"), b"\0\xff".as_slice());
    assert_eq!(answer.into_inner(), note("hello", 7));
}

#[tokio::test]
async fn a_server_stream_comes_whole_and_so_does_a_client_stream() {
    let fleet = Fleet::one().await;
    let mut stub = fleet.stub();
    let listed = stub.list(note("n", 0)).await.expect("a head").into_inner();
    let (notes, status) = all(pin!(listed)).await;
    assert_eq!(notes, [0, 1, 2].map(|number| note("n", number)));
    assert!(status.is_none(), "{status:?}");

    let notes = stream::iter((1..=100).map(|number| note("x", number)));
    let sum = stub.sum(notes).await.expect("an answer").into_inner();
    assert_eq!(sum, note("x".repeat(100), 5050));
}

#[tokio::test]
async fn a_bidirectional_stream_goes_to_and_fro_and_ends_with_the_callers_half() {
    let fleet = Fleet::one().await;
    let (send, notes) = mpsc::channel(1);
    let chat = fleet.stub().chat(ReceiverStream::new(notes)).await;
    let mut chat = chat.expect("a head").into_inner();
    for number in 0..5 {
        send.send(note("ping", number)).await.expect("it listens");
        let echoed = chat.message().await.expect("no error");
        assert_eq!(echoed, Some(note("ping", number)));
    }
    drop(send);
    assert_eq!(chat.message().await.expect("no error"), None);
    assert!(chat.trailers().await.expect("no error").is_some());
}

#[tokio::test]
async fn every_code_comes_through_with_message_details_and_metadata() {
    let fleet = Fleet::one().await;
    let mut stub = fleet.stub();
    for code in 1..=16 {
        let alone = stub.say(note("fail", code)).await.expect_err("it fails");
        let listed = stub.list(note("fail", code)).await.expect("a head");
        let (notes, status) = all(pin!(listed.into_inner())).await;
        assert_eq!(notes.len(), 3, "what came before the status");
        for status in [alone, status.expect("it ends so")] {
            assert_eq!(status.code(), Code::from(code), "{status:?}");
            assert_eq!(status.message(), "größer als erwartet: 100 %");
            assert_eq!(status.details(), b"\0\x01");
            assert_eq!(status.metadata().get("x-why").expect("it"), "asked");
        }
    }
}

#[tokio::test]
async fn compressed_messages_stay_compressed_on_the_wire() {
    let fleet = Fleet::one().await;
    let EchoClient(plain) = fleet.stub();
    let mut stub = EchoClient(plain.send_compressed(Gzip).accept_compressed(Gzip));
    let text = "a".repeat(100_000);
    let answer = stub.say(note(&text, 1)).await.expect("an answer");
    let encoding = answer.metadata().get("grpc-encoding");
    assert_eq!(encoding.expect("it is said"), "gzip");
    assert_eq!(answer.into_inner().text, text);

    let (first, second) = (note(&text, 1), note(&text, 2));
    let chat = stub
        .chat(stream::iter([first.clone(), second.clone()]))
        .await;
    let chat = chat.expect("a head").into_inner();
    assert_eq!(all(pin!(chat)).await.0, [first, second]);
}

#[tokio::test]
async fn messages_far_beyond_every_window_come_through_and_the_receivers_limit_holds() {
    let fleet = Fleet::one().await;
    let text = "x".repeat(20 << 20);
    let EchoClient(small) = fleet.stub();
    let mut stub = EchoClient(small.clone().max_decoding_message_size(LARGE));
    let answer = stub.say(note(&text, 0)).await.expect("an answer");
    assert_eq!(answer.into_inner().text.len(), text.len());
    let notes = stream::iter(vec![note(&text[..1 << 20], 1); 30]);
    let sum = stub.sum(notes).await.expect("an answer").into_inner();
    assert_eq!((sum.text.len(), sum.number), (30 << 20, 30));

    let refused = EchoClient(small).say(note(&text, 0)).await;
    let refused = refused.expect_err("4 MiB are the stub's own limit");
    assert_eq!(refused.code(), Code::OutOfRange, "{refused:?}");
}

#[tokio::test]
async fn many_calls_of_all_kinds_share_a_connection_without_getting_mixed_up() {
    let fleet = Fleet::one().await;
    let calls = (0..300).map(|number| {
        let mut stub = fleet.stub();
        async move {
            let text = number.to_string();
            let notes = [note(&text, 1), note(&text, 2)];
            let said = stub.say(note(&text, number)).await.expect("an answer");
            assert_eq!(said.into_inner(), note(&text, number));
            let chat = stub.chat(stream::iter(notes.clone())).await;
            let chat = chat.expect("a head").into_inner();
            assert_eq!(all(pin!(chat)).await.0, notes);
        }
    });
    stream::iter(calls)
        .for_each_concurrent(64, |call| call)
        .await;
}

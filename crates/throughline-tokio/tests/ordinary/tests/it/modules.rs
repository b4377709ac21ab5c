//! All of tokio's rooms are here, under their names.

// Each of tokio's public modules, as its source has them (the test `each_module_of_tokios_is_here` compares).
use tokio::{fs, io, net, process, runtime, signal, stream, sync, task, time};

// And the modules of the two that are ours.
use tokio::task::{coop, futures};

#[allow(unused_imports)]
use {futures as _, process as _, runtime as _, signal as _, stream as _, task as _};

use crate::REQUEST;
use io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_server_and_its_client_inherit() {
    let listener = net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let served = REQUEST.run(7, || {
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream
                .write_u8(u8::try_from(REQUEST.get_store().unwrap()).unwrap())
                .await
                .unwrap();
        })
    });
    let (told, hear) = sync::oneshot::channel();
    let client = tokio::spawn(async move {
        let mut stream = net::TcpStream::connect(at).await.unwrap();
        told.send(stream.read_u8().await.unwrap()).unwrap();
    });
    assert_eq!(hear.await.unwrap(), 7);
    tokio::try_join!(served, client).unwrap();
    coop::consume_budget().await;
    assert!(fs::try_exists("/").await.unwrap());
    time::sleep(time::Duration::ZERO).await;
}

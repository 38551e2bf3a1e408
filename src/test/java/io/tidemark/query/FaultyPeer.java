package io.tidemark.query;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;

/// A wire to a real peer on which bytes of answers get lost or damaged.
final class FaultyPeer {
  /// What happens to the bytes of an answer from byte `at` of a connection on.
  sealed interface Fault {
    /// Nothing.
    record None() implements Fault {}

    /// The connection ends there.
    record Cut(long at) implements Fault {}

    /// A bit of that byte is another one.
    record Flip(long at) implements Fault {}

    /// Nothing more comes, and the connection stays.
    record Mute(long at) implements Fault {}
  }

  final String address;
  volatile Fault fault = new Fault.None();
  private final Vertx vertx;
  private final int port;
  private final NetServer server;

  FaultyPeer(Vertx vertx, String peer) {
    this.vertx = vertx;
    port = Integer.parseInt(peer.substring(peer.lastIndexOf(':') + 1));
    server = PeerCluster.await(vertx.createNetServer().connectHandler(this::connect).listen(0, "127.0.0.1"));
    address = "127.0.0.1:" + server.actualPort();
  }

  private void connect(NetSocket caller) {
    caller.pause();
    vertx.createNetClient().connect(port, "127.0.0.1").onComplete(peer -> {
      if (peer.failed()) {
        caller.close();
        return;
      }
      var seen = new long[1];
      peer.result().handler(bytes -> answer(caller, bytes, seen));
      peer.result().closeHandler(_ -> caller.close());
      caller.closeHandler(_ -> peer.result().close());
      caller.handler(peer.result()::write);
      caller.resume();
    });
  }

  private void answer(NetSocket caller, Buffer bytes, long[] seen) {
    long begin = seen[0];
    long end = begin + bytes.length();
    seen[0] = end;
    switch (fault) {
      case Fault.None _ -> caller.write(bytes);
      case Fault.Cut cut when end > cut.at -> {
        if (begin < cut.at) {
          caller.write(bytes.getBuffer(0, (int) (cut.at - begin)));
        }
        caller.close();
      }
      case Fault.Flip flip when begin <= flip.at && flip.at < end -> {
        Buffer damaged = bytes.copy();
        int at = (int) (flip.at - begin);
        caller.write(damaged.setByte(at, (byte) (damaged.getByte(at) ^ 4)));
      }
      case Fault.Mute mute when end > mute.at -> {
        if (begin < mute.at) {
          caller.write(bytes.getBuffer(0, (int) (mute.at - begin)));
        }
      }
      case Fault.Cut _, Fault.Flip _, Fault.Mute _ -> caller.write(bytes);
    }
  }
}

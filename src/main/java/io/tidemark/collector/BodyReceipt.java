package io.tidemark.collector;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Arrays;

/// Reads the body of one request, never more than allowed, and accounts for its bytes until {@link #release}. On the request's loop.
final class BodyReceipt {
  /// How the reading ended.
  sealed interface Outcome {}

  record Body(byte[] bytes) implements Outcome {}

  record TooLarge() implements Outcome {}

  record NoRoom() implements Outcome {}

  /// Room for an announced body before it comes.
  private static final int READY_MAX = 64 * 1024;

  private final Gate gate;
  private final int bytesMax;
  /// The first piece, which most bodies are whole.
  private Buffer first = Buffer.buffer();
  /// All pieces, once there are two.
  private byte[] buffer = new byte[0];
  private int length;
  private long entered;
  private boolean ended;

  BodyReceipt(Gate gate, int bytesMax) {
    this.gate = gate;
    this.bytesMax = bytesMax;
  }

  /// Fails when the client goes away before the end.
  Future<Outcome> read(HttpServerRequest request) {
    Promise<Outcome> outcome = Promise.promise();
    long announced = announced(request);
    if (announced > bytesMax) {
      return Future.succeededFuture(new TooLarge());
    }
    String expect = request.getHeader("Expect");
    if (expect != null && expect.equalsIgnoreCase("100-continue")) {
      request.response().writeContinue();
    }
    request.exceptionHandler(outcome::tryFail);
    request.handler(chunk -> receive(chunk, outcome));
    request.endHandler(_ -> {
      if (!ended) {
        ended = true;
        outcome.tryComplete(new Body(bytes()));
      }
    });
    // The room is taken for the announced length at once, so that bodies do not stop each other half-way.
    if (announced > 0 && !take(announced)) {
      ended = true;
      return Future.succeededFuture(new NoRoom());
    }
    return outcome.future();
  }

  private static long announced(HttpServerRequest request) {
    String header = request.getHeader("Content-Length");
    if (header == null || header.length() > 18 || !header.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return header != null && header.length() > 18 ? Long.MAX_VALUE : -1;
    }
    return header.isEmpty() ? -1 : Long.parseLong(header);
  }

  private boolean take(long bytes) {
    if (!gate.enter(bytes)) {
      return false;
    }
    entered += bytes;
    return true;
  }

  private void receive(Buffer chunk, Promise<Outcome> outcome) {
    if (ended) {
      return;
    }
    long sum = (long) length + chunk.length();
    if (sum > bytesMax) {
      ended = true;
      outcome.tryComplete(new TooLarge());
      return;
    }
    if (sum > entered && !take(sum - entered)) {
      ended = true;
      outcome.tryComplete(new NoRoom());
      return;
    }
    if (length == 0) {
      first = chunk;
    } else {
      if (buffer.length == 0) {
        buffer = new byte[(int) Math.max(sum, Math.min(entered, READY_MAX))];
        first.getBytes(buffer);
        first = Buffer.buffer();
      }
      if (sum > buffer.length) {
        buffer = Arrays.copyOf(buffer, (int) Math.min(bytesMax, Math.max(sum, buffer.length * 2L)));
      }
      chunk.getBytes(buffer, length);
    }
    length = (int) sum;
  }

  private byte[] bytes() {
    if (buffer.length == 0) {
      return bytes(first);
    }
    return length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
  }

  /// The bytes of a piece, which belongs to the request alone: its own array where that holds nothing else.
  private static byte[] bytes(Buffer piece) {
    ByteBuf content = ((BufferInternal) piece).getByteBuf();
    return content.hasArray() && content.array().length == content.readableBytes() ? content.array() : piece.getBytes();
  }

  /// Gives the room back; further calls do nothing.
  void release() {
    ended = true;
    first = Buffer.buffer();
    buffer = new byte[0];
    gate.leave(entered);
    entered = 0;
  }
}

package io.tidemark.server;

import io.tidemark.model.LabelSet;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// Senders that push at a steady rate, turn to another collector when one fails, and never give up on a batch; and what they were
/// promised. A batch is one sample of each of a sender's series at one time, so a sender's promises are times.
final class SteadyLoad implements AutoCloseable {
  static final String METRIC = "steady_load";
  private static final long TICK_MILLIS = 100;

  private final int seriesPerSender;
  private final Supplier<List<String>> collectors;
  /// By sender: time of the batch → when its acknowledgement came.
  private final List<ConcurrentSkipListMap<Long, Long>> acknowledged;
  private final List<Thread> threads;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(2)).build();
  private volatile boolean stopped;

  /// @param collectors where to push now; asked for at each attempt
  SteadyLoad(int senders, int seriesPerSender, Supplier<List<String>> collectors) {
    this.seriesPerSender = seriesPerSender;
    this.collectors = collectors;
    acknowledged = IntStream.range(0, senders).mapToObj(_ -> new ConcurrentSkipListMap<Long, Long>()).toList();
    threads = IntStream.range(0, senders).mapToObj(i -> Thread.ofPlatform().name("sender-" + i).start(() -> send(i))).toList();
  }

  /// Samples a second that all senders push together.
  long rate() {
    return 1000 / TICK_MILLIS * seriesPerSender * threads.size();
  }

  static double value(int sender, int series, long millis) {
    long x = (millis * 31 + sender) * 31 + series;
    x ^= x >>> 33;
    x *= 0xff51afd7ed558ccdL;
    x ^= x >>> 33;
    return (x & 0xfffffffffL) / 64.0;
  }

  static LabelSet labels(int sender, int series) {
    // Many names, because a name is what picks the shard.
    return LabelSet.of("__name__", METRIC + "_" + series % 40, "sender", "s" + sender, "series", "n" + series);
  }

  private void send(int sender) {
    long due = System.currentTimeMillis() / TICK_MILLIS * TICK_MILLIS;
    int turn = sender;
    while (!stopped) {
      due += TICK_MILLIS;
      long wait = due - System.currentTimeMillis();
      if (wait > 0) {
        LockSupport.parkNanos(wait * 1_000_000);
      }
      byte[] body = body(sender, due);
      while (!stopped) {
        List<String> urls = collectors.get();
        if (!urls.isEmpty() && push(urls.get(turn % urls.size()), body)) {
          acknowledged.get(sender).put(due, System.currentTimeMillis());
          break;
        }
        turn++;
        LockSupport.parkNanos(20_000_000);
      }
    }
  }

  private byte[] body(int sender, long millis) {
    var body = new RemoteWriteBody();
    for (int i = 0; i < seriesPerSender; i++) {
      body.series(labels(sender, i), new long[] {millis}, new double[] {value(sender, i, millis)});
    }
    return body.snappy();
  }

  private boolean push(String url, byte[] body) {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/api/v1/write")).timeout(Duration.ofSeconds(10))
          .header("Content-Type", "application/x-protobuf").header("Content-Encoding", "snappy")
          .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() / 100 == 4 && answer.statusCode() != 429) {
        throw new AssertionError("a push was refused: " + answer.statusCode() + " " + answer.body());
      }
      return answer.statusCode() == 204;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Times of the batches of one sender that were acknowledged before `millis`, within `[from, to)`.
  NavigableMap<Long, Long> acknowledged(int sender, long from, long to, long millis) {
    var found = new TreeMap<Long, Long>();
    for (Map.Entry<Long, Long> entry : acknowledged.get(sender).subMap(from, to).entrySet()) {
      if (entry.getValue() < millis) {
        found.put(entry.getKey(), entry.getValue());
      }
    }
    return found;
  }

  int senders() {
    return threads.size();
  }

  int seriesPerSender() {
    return seriesPerSender;
  }

  long batches() {
    return acknowledged.stream().mapToLong(Map::size).sum();
  }

  /// The longest time between two acknowledgements of one sender, and when it ended.
  long longestSilenceMillis() {
    long longest = 0;
    for (ConcurrentSkipListMap<Long, Long> times : acknowledged) {
      long before = -1;
      for (long at : times.values().stream().sorted().toList()) {
        longest = before < 0 ? longest : Math.max(longest, at - before);
        before = at;
      }
    }
    return longest;
  }

  /// Stops sending; returns when no push is under way.
  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    stop();
    client.close();
  }
}

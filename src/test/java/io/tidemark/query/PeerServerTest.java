package io.tidemark.query;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.model.LabelSet;
import io.tidemark.model.Matcher;
import io.tidemark.model.TimeRange;
import io.tidemark.query.peer.PeerFormat;
import io.tidemark.query.peer.PeerRequest;
import io.tidemark.storage.SampleBuffer;
import io.tidemark.storage.Estimate;
import io.tidemark.storage.Selection;
import io.tidemark.storage.SeriesReader;
import io.tidemark.storage.SeriesView;
import io.tidemark.storage.ShardReader;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a node does with requests that are wrong, too many, or given up.
class PeerServerTest {
  private final PeerCluster cluster = new PeerCluster(2, 0);
  private final MemoryShards shards = new MemoryShards().at(0, 5);
  private PeerCluster.Node node;

  private record Answer(int status, String code, String text) {}

  @BeforeEach
  void open() {
    node = cluster.node("a", shards);
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  private static byte[] request(int shard, long position, long waitMillis) {
    return new PeerRequest(Map.of(shard, position), 100_000, waitMillis, false, 1 << 30, new PeerRequest.Select(
        List.of(new Matcher(LabelSet.NAME, Matcher.Op.NOT_EQUAL, "")), TimeRange.ALL, 1_000)).encode();
  }

  private Answer post(String path, byte[] body) {
    HttpClient client = cluster.vertx.createHttpClient();
    int colon = node.address.lastIndexOf(':');
    return PeerCluster.await(client.request(HttpMethod.POST, Integer.parseInt(node.address.substring(colon + 1)),
        node.address.substring(0, colon), path).compose(request -> request.send(Buffer.buffer(body)).compose(response -> response.body()
            .map(text -> new Answer(response.statusCode(), response.getHeader(PeerFormat.ERROR_HEADER), text.toString())))));
  }

  private double metric(String name) {
    return PeerCluster.metric(node.metrics, name);
  }

  @Test
  void refusesWhatIsNoRequest() {
    Answer answer = post(PeerFormat.PATH, "what is this, and what does it want here?".getBytes(StandardCharsets.UTF_8));
    assertEquals(new Answer(400, "BAD_DATA", "read request: expected the bytes \"TMR\" at its begin"), answer);
    byte[] damaged = request(0, 0, 0);
    damaged[9] ^= 1;
    Answer second = post(PeerFormat.PATH, damaged);
    assertEquals(400, second.status);
    assertTrue(second.text.matches("read request: checksum [0-9a-f]{8}, its end says [0-9a-f]{8}"), second.text);
    assertEquals(400, post(PeerFormat.PATH, new byte[0]).status);
    assertEquals(3.0, metric("tidemark_peer_refused_total"));
  }

  @Test
  void refusesOtherVersionsClearly() {
    byte[] next = request(0, 0, 0);
    next[3] = 2;
    Answer answer = post(PeerFormat.PATH, next);
    assertEquals(501, answer.status);
    assertEquals("read request: version 2 of the internal read protocol; this release speaks version 1; run releases that share one",
        answer.text);
    Answer elsewhere = post("/internal/v2/read", next);
    assertEquals(501, elsewhere.status);
    assertEquals("this node answers POST /internal/v1/read, found POST /internal/v2/read", elsewhere.text);
  }

  @Test
  void refusesALargeRequestWithoutKeepingIt() {
    Answer answer = post(PeerFormat.PATH, new byte[PeerFormat.REQUEST_BYTES_MAX + 1]);
    assertEquals(413, answer.status);
    assertEquals("TOO_LARGE", answer.code);
  }

  @Test
  void saysWhichShardItDoesNotHaveAndHowFarAnotherIs() {
    assertEquals(new Answer(503, "UNAVAILABLE", "this node does not have shard 1"), post(PeerFormat.PATH, request(1, 0, 0)));
    assertEquals(new Answer(503, "UNAVAILABLE", "shard 0 has everything before position 5 of the ingest log, and not before 9 as asked, "
        + "after a wait of 20 ms"), post(PeerFormat.PATH, request(0, 9, 20)));
  }

  @Test
  void refusesReadsBeyondItsLimit() {
    PeerConfig d = PeerConfig.DEFAULT;
    node.listen(new PeerConfig(d.silenceMillis(), d.connectMillis(), d.connectionsMax(), d.waitingMax(), d.viewBytesMax(), 2,
        d.unsentBytesMax()));
    var sockets = new ArrayList<NetSocket>();
    for (int i = 0; i < 2; i++) {
      sockets.add(send(request(0, 9, 100_000)));
    }
    PeerCluster.until(() -> shards.waiting() == 2);
    Answer answer = post(PeerFormat.PATH, request(0, 0, 0));
    assertEquals(503, answer.status);
    assertTrue(answer.text.startsWith("busy: 2 reads of other nodes run (query.peer.requests_max = 2)"), answer.text);
    shards.at(0, 9);
    PeerCluster.until(() -> metric("tidemark_peer_serving") == 0);
    assertEquals(200, post(PeerFormat.PATH, request(0, 0, 0)).status);
    sockets.forEach(NetSocket::close);
  }

  /// Sends a request over a connection that takes nothing until it is told to.
  private NetSocket send(byte[] body) {
    int colon = node.address.lastIndexOf(':');
    NetSocket socket = PeerCluster.await(cluster.vertx.createNetClient(
        new NetClientOptions().setReceiveBufferSize(64 * 1024)).connect(Integer.parseInt(node.address.substring(colon + 1)),
        node.address.substring(0, colon)));
    socket.pause();
    PeerCluster.await(socket.write(Buffer.buffer("POST " + PeerFormat.PATH + " HTTP/1.1\r\nhost: a\r\ncontent-length: " + body.length
        + "\r\n\r\n").appendBytes(body)));
    return socket;
  }

  /// Series that are made when they are read: far more bytes than connections keep in their buffers.
  private record LargeView(AtomicInteger reads) implements SeriesView {
    @Override
    public Estimate estimate(List<Matcher> matchers, TimeRange range) {
      return new Estimate(1, 1, false);
    }

    private static final int SERIES = 2_000;
    private static final int SAMPLES = 10_000;

    @Override
    public Selection select(List<Matcher> matchers, TimeRange range, int seriesMax) {
      return new Selection() {
        @Override
        public int count() {
          return SERIES;
        }

        @Override
        public LabelSet labels(int index) {
          return LabelSet.of(LabelSet.NAME, "large", "part", String.format("%04d", index));
        }

        @Override
        public void read(int index, SampleBuffer into) {
          reads.incrementAndGet();
          into.clear();
          for (int i = 0; i < SAMPLES; i++) {
            into.add(i * 1_000L, Math.sqrt(i) * 1e-7);
          }
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public List<String> labelNames(List<Matcher> matchers, TimeRange range) {
      return List.of();
    }

    @Override
    public List<String> labelValues(String name, List<Matcher> matchers, TimeRange range) {
      return List.of();
    }

    @Override
    public Map<String, List<SeriesReader.Metadata>> metadata() {
      return Map.of();
    }

    @Override
    public List<String> warnings() {
      return List.of();
    }

    @Override
    public void close() {}
  }

  @Test
  void makesNoMoreThanIsTakenAndStopsWhenNobodyTakesIt() {
    var reads = new AtomicInteger();
    node = cluster.node("large", new ShardReader() {
      @Override
      public Map<Integer, Long> applied() {
        return Map.of(0, 0L);
      }

      @Override
      public Future<SeriesView> view(Map<Integer, Long> positions) {
        return Future.succeededFuture(new LargeView(reads));
      }
    });
    NetSocket socket = send(request(0, 0, 0));
    // Goes on until the buffers between the two are full; what is checked then holds at every moment.
    var before = new double[] {-1};
    var same = new int[1];
    PeerCluster.until(() -> {
      double now = metric("tidemark_peer_sent_bytes_total");
      same[0] = now > 0 && now == before[0] ? same[0] + 1 : 0;
      before[0] = now;
      return same[0] > 300;
    });
    assertEquals(1.0, metric("tidemark_peer_serving"));
    assertTrue(metric("tidemark_peer_unsent_bytes") < 1_000_000, metric("tidemark_peer_unsent_bytes") + " bytes wait");
    socket.close();
    PeerCluster.until(() -> metric("tidemark_peer_serving") == 0 && metric("tidemark_peer_unsent_bytes") == 0);
    assertTrue(reads.get() < LargeView.SERIES / 2, reads.get() + " of " + LargeView.SERIES + " series were read for nobody");
  }
}

package io.tidemark.collector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tidemark.config.Problems;
import io.tidemark.config.Yaml;
import io.tidemark.model.Stale;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// StatsD lines in, series out. Numbers in the Javadoc are rows of the project's list of bad inputs.
class StatsdTest {
  private final CollectorFixture fixture = new CollectorFixture();
  private Statsd statsd = statsd("listen: 'localhost:8125'");

  private Statsd statsd(String... keys) {
    var problems = new Problems("test.yml");
    var config = CollectorConfig.read(Yaml.parse("statsd:\n  " + String.join("\n  ", keys) + "\n", problems), 3_600_000);
    problems.throwIfAny();
    return new Statsd(config, fixture.ingest, fixture.loop, fixture.time, fixture.time.entropy(), fixture.metrics);
  }

  private void send(byte[] packet, int length) {
    fixture.loop.execute(() -> statsd.receive(packet, length));
    fixture.time.run();
  }

  private void send(String... lines) {
    byte[] packet = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    send(packet, packet.length);
  }

  private Map<String, Double> flush() {
    fixture.time.advance(10_000);
    fixture.result(statsd::flush);
    return fixture.values();
  }

  private long refused(String reason) {
    String line = "tidemark_collector_samples_rejected_total{protocol=\"statsd\",reason=\"" + reason + "\"} ";
    return fixture.metrics.print().lines().filter(l -> l.startsWith(line)).mapToLong(l -> Long.parseLong(l.substring(line.length())))
        .findFirst().orElseThrow();
  }

  private boolean isStale(String series) {
    return Double.doubleToRawLongBits(fixture.values().get(series)) == Stale.BITS;
  }

  @Test
  void countersGrowAndHonorTheirRate() {
    send("api.hits:1|c\napi.hits:2|c|@0.1", "api.hits:1|c\r", "");
    assertEquals(Map.of("api_hits", 22.0), flush());
    send("api.hits:3|c");
    assertEquals(25.0, flush().get("api_hits"));
  }

  @Test
  void gaugesAreSetAndStepped() {
    send("g:10|g", "g:+5|g", "g:-2|g", "h:-1|g");
    assertEquals(Map.of("g", 13.0, "h", -1.0), flush());
    assertEquals(13.0, flush().get("g"));
  }

  @Test
  void timersAreSecondsWithQuantilesOfTheInterval() {
    for (int i = 1; i <= 100; i++) {
      send("t:" + i + "|ms");
    }
    var values = flush();
    assertEquals(100.0, values.get("t_count"));
    assertEquals(5.05, values.get("t_sum"), 1e-9);
    assertEquals(0.050, values.get("t{quantile=\"0.5\"}"), 0.001);
    assertEquals(0.090, values.get("t{quantile=\"0.9\"}"), 0.001);
    assertEquals(0.095, values.get("t{quantile=\"0.95\"}"), 0.001);
    assertEquals(0.099, values.get("t{quantile=\"0.99\"}"), 0.001);
    flush();
    assertTrue(isStale("t{quantile=\"0.5\"}"));
    assertEquals(100.0, fixture.values().get("t_count"));
  }

  @Test
  void histogramsAndDistributionsHaveNoUnitAndAnyRange() {
    send("size:1e12:0:0.001:5e13|h|@0.5", "size2:3|d");
    var values = flush();
    assertEquals(8.0, values.get("size_count"));
    assertEquals(2 * (1e12 + 5e13 + 0.001), values.get("size_sum"), 1);
    assertEquals(3.0, values.get("size2{quantile=\"0.5\"}"), 0.02);
    send("t:0.000001:1e300:5|ms", "u:1e12|ms", "u:0.001|ms");
    assertEquals(3.0, flush().get("t_count"));
  }

  @Test
  void setsCountDistinctValuesOfTheInterval() {
    send("users:a|s", "users:b|s", "users:a|s");
    assertEquals(2.0, flush().get("users"));
    assertEquals(0.0, flush().get("users"));
  }

  @Test
  void tagsAreLabelsInAnyOrder() {
    send("m:1|c|#env:prod,host.name:a", "m:1|c|@1|#host.name:a,env:prod", "m:1|c|#urgent", "m:1|c|c:abc|T1704067200|#env:prod,host.name:a");
    assertEquals(Map.of("m{env=\"prod\", host_name=\"a\"}", 3.0, "m{urgent=\"true\"}", 1.0), flush());
  }

  @Test
  void namesCanKeepTheirSigns() {
    statsd = statsd("listen: 'localhost:8125'", "names: keep");
    send("api.latency-p:1|g|#host.name:ü");
    send("9lives:1|g");
    assertEquals(Map.of("{\"api.latency-p\", \"host.name\"=\"ü\"}", 1.0, "{\"9lives\"}", 1.0), flush());
    statsd = statsd("listen: 'localhost:8125'");
    send("9lives:2|g");
    assertEquals(2.0, flush().get("_9lives"));
  }

  /// C 15.
  @Test
  void malformedLinesAreCountedAndNeverThrown() {
    for (String bad : new String[] {"a", "a:", "a:1", ":1|c", "a:1|", "a:1|x", "a:1|c|@0", "a:1|c|@2", "a:1|c|@x", "a:1|c|@", "|", ":|c",
        "_e{5,4}:title|text", "_sc|name|0", "a:1|msx"}) {
      send(bad);
    }
    flush();
    assertEquals(15, refused("syntax"));
    send("b:x|c", "b:|c", "b:NaN|g", "b:-1|c", "t:-1|ms", "t:Inf|ms", "b:1:|c");
    flush();
    assertEquals(7, refused("value") + refused("syntax") - 15);
    send("d:1|c|#x:1,x:2");
    send("\u00ff\u00fe:1|c".getBytes(StandardCharsets.ISO_8859_1), 6);
    flush();
    assertEquals(1, refused("label_duplicate"));
  }

  /// C 15: a meter that was fed nothing would write a zero at each flush.
  @Test
  void badValuesMakeNoMeterAndKeepNoneAlive() {
    send("gx:nan|g", "gy:|g", "cx:-4|c", "gz:abc|ms", "sx:|s", "hx:-1:x|h", "gx:1|g|#a:1,a:2");
    assertEquals(Map.of(), flush());
    assertEquals(7, refused("value"));
    assertEquals(1, refused("label_duplicate"));
    assertTrue(fixture.metrics.print().contains("tidemark_statsd_meters 0\n"));
    send("cx:-4:3:x:2|c");
    assertEquals(Map.of("cx", 5.0), flush());
    assertEquals(9, refused("value"));
    statsd = statsd("listen: 'localhost:8125'", "expire_after: 30s");
    send("idle:1|c");
    for (int i = 0; i < 3; i++) {
      flush();
      send("idle:-1|c");
    }
    assertTrue(isStale("idle"));
  }

  /// C 15.
  @Test
  void anyBytesUpToTheLargestDatagramAreSurvived() {
    var random = new Random(15);
    byte[] packet = new byte[65_535];
    for (int i = 0; i < 200; i++) {
      for (int j = 0; j < packet.length; j++) {
        packet[j] = (byte) (i % 2 == 0 ? random.nextInt(256) : "ab:1|cg#@ms.,\n0".charAt(random.nextInt(15)));
      }
      send(packet, random.nextInt(packet.length + 1));
    }
    flush();
    assertTrue(fixture.metrics.print().contains("tidemark_statsd_packets_total 200\n"));
  }

  @Test
  void metersAreBoundedAndOneNameHasOneKind() {
    statsd = statsd("listen: 'localhost:8125'", "meters: 3", "timers: 1");
    send("a:1|c", "b:1|ms", "c:1|ms", "d:1|c", "e:1|c", "a:1|g");
    var values = flush();
    assertEquals(2, refused("series_too_many"));
    assertEquals(1, refused("syntax"));
    assertEquals(1.0, values.get("a"));
    assertTrue(!values.containsKey("e") && !values.containsKey("c_count"));
  }

  @Test
  void twoMetersNeverWriteOneSeries() {
    statsd = statsd("listen: 'localhost:8125'", "expire_after: 30s");
    send("lat:100|ms|#env:a", "lat_count:7|c|#env:a", "lat_sum:7|g|#env:a", "lat:7|g|#quantile:0.5,env:a", "lat:7|h|#quantile:0.9,env:a");
    send("size_count:7|c", "size:1|h");
    // Other labels, and a name that only looks alike.
    send("lat_count:7|c|#env:b", "lat_count:200|ms|#env:a", "lat_min:7|g|#env:a", "lat:7|g|#quantile:0.2,env:a");
    var values = flush();
    assertEquals(5, refused("syntax"));
    assertEquals(1.0, values.get("lat_count{env=\"a\"}"));
    assertEquals(0.1, values.get("lat_sum{env=\"a\"}"), 1e-9);
    assertEquals(0.1, values.get("lat{env=\"a\", quantile=\"0.5\"}"), 0.001);
    assertEquals(0.1, values.get("lat{env=\"a\", quantile=\"0.9\"}"), 0.001);
    assertEquals(7.0, values.get("size_count"));
    assertTrue(!values.containsKey("size_sum") && values.containsKey("lat_count_count{env=\"a\"}"));
    assertEquals(7.0, values.get("lat_count{env=\"b\"}"));
    assertEquals(7.0, values.get("lat{env=\"a\", quantile=\"0.2\"}"));
    // The series is free when its meter ends.
    for (int i = 0; i < 3; i++) {
      flush();
    }
    send("lat_count:7|c|#env:a", "size:1|h");
    values = flush();
    assertEquals(7.0, values.get("lat_count{env=\"a\"}"));
    assertEquals(1.0, values.get("size_count"));
    assertEquals(5, refused("syntax"));
  }

  @Test
  void idleMetersEndWithMarkersAndMakeRoom() {
    statsd = statsd("listen: 'localhost:8125'", "meters: 1", "expire_after: 30s");
    send("a:1|c");
    flush();
    flush();
    flush();
    assertTrue(isStale("a"));
    send("b:1|c");
    flush();
    assertEquals(1.0, fixture.values().get("b"));
    assertEquals(3, fixture.stored().stream().filter(s -> s.labels().metricName().equals("a")).count());
  }
}

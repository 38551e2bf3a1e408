package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.tidemark.server.Node;
import io.tidemark.server.NodeConfig;
import io.tidemark.time.Entropy;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;

/// `tidemark demo --payments`: a payments API, a real Kafka as a process, a payment processor, and the engine that watches them.
///
/// The processor stops, payments pile up in Kafka, the lag is paged; it runs again and catches up. Later half of the payments are bad.
public final class PaymentsDemo {
  private static final List<String> FILES = List.of("tidemark.yml", "rules.yml", "story-rules.yml", "routing.yml", "dashboards.yml");
  private static final String WATCHED = "up{job=~\"payment-.+\"} or payments:lag_thousands";
  /// The ports that the example's configuration names.
  private static final int PRODUCER_PORT = 9181;
  private static final int CONSUMER_PORT = 9182;
  private static final int WEBHOOK_PORT = 9184;
  /// The broker's; its controller has the next.
  private static final int KAFKA_PORT = 9185;
  private static final int KAFKA_HEAP_MB = 384;
  private static final long WAIT_SECONDS = 60;
  private static final long PHASE_MILLIS = 500;
  private static final int EARLY_NOTIFICATIONS_MAX = 100;

  private final DemoPlace place;
  private final Vertx vertx = Vertx.vertx();
  private final Entropy entropy = Entropy.system();
  private final PaymentTopic topic = PaymentTopic.on("127.0.0.1:" + KAFKA_PORT);
  private volatile long startedNanos;
  private Optional<PaymentConsumer> consumer = Optional.empty();
  private boolean changing;

  private PaymentsDemo(DemoPlace place) {
    this.place = place;
  }

  /// Runs until the process is told to end.
  ///
  /// @throws TidemarkException when something does not start, or Kafka ends
  public static void run(DemoPlace place) throws Exception {
    var ending = new Ending(place.print());
    try {
      new PaymentsDemo(place).run(ending);
    } catch (Exception e) {
      ending.fail();
      throw e;
    }
  }

  private void run(Ending ending) throws Exception {
    Path example = place.unpack("kafka-payments", FILES);
    Family.requireFree(KAFKA_PORT, "Kafka");
    Family.requireFree(KAFKA_PORT + 1, "Kafka's controller");
    Family.requireFree(PRODUCER_PORT, "the payments API");
    Family.requireFree(CONSUMER_PORT, "the payment processor");
    var kafka = new Program("kafka", 0, KAFKA_HEAP_MB,
        List.of("kafka", place.dataDir().resolve("kafka").toString(), String.valueOf(KAFKA_PORT), "1"), "kafka ready at ");
    Family.requireMemory(List.of(kafka));
    Path logs = place.dataDir().resolve("logs");
    Family family = ending.add(new Family(logs, place.print()));
    place.say("Starting Kafka:");
    family.start(List.of(kafka));

    ending.add(() -> vertx.close().await(WAIT_SECONDS, TimeUnit.SECONDS));
    var notifications = new ArrayBlockingQueue<JsonObject>(EARLY_NOTIFICATIONS_MAX);
    deploy(vertx.deployVerticle(new Webhook(WEBHOOK_PORT, notifications::offer)));
    deploy(vertx.deployVerticle(new PaymentProducer(topic, PRODUCER_PORT, logs, place.clock(), entropy)));
    deploy(startConsumer());
    Node node = Node.start(new NodeConfig.Source(Optional.of(example.resolve("tidemark.yml")),
        List.of("data_dir=" + place.dataDir().resolve("engine"), "listen=" + place.listen(), "diagnostics.console=false")));
    ending.add(node::close);
    startedNanos = place.clock().nanos();
    deploy(vertx.deployVerticle(new PaymentTraffic(PRODUCER_PORT, entropy, this::phase)));
    place.say("Tidemark is ready at " + node.url() + " (Ctrl+C ends everything)",
        PaymentTraffic.PAYMENTS_PER_SECOND + " payments a second go through the API into Kafka and are booked. In 20 s the processor will",
        "stop for 35 s, later half of the payments will be bad for 30 s; then everything starts over. Watch it happen:",
        "  the API          http://127.0.0.1:" + PRODUCER_PORT + "/stats, its log " + logs.resolve("producer.log"),
        "  the processor    http://127.0.0.1:" + CONSUMER_PORT + "/stats, its log " + logs.resolve("consumer.log"),
        "  alerts           " + node.url() + "/alerts", "  a graph          " + node.url() + "/explore", "");
    ending.add(Story.tell(vertx, node.url(), WATCHED, place.clock(), place.print(), notifications));
    vertx.setPeriodic(PHASE_MILLIS, _ -> followPhase());
    throw new TidemarkException(ErrorCode.UNAVAILABLE, family.lost().get().ending());
  }

  private static void deploy(Future<?> deployment) throws Exception {
    deployment.await(WAIT_SECONDS, TimeUnit.SECONDS);
  }

  private PaymentPhase phase() {
    return PaymentPhase.at(TimeUnit.NANOSECONDS.toSeconds(place.clock().nanos() - startedNanos));
  }

  private Future<?> startConsumer() {
    var next = new PaymentConsumer(topic, CONSUMER_PORT, place.dataDir().resolve("logs"), place.clock(), entropy);
    consumer = Optional.of(next);
    return vertx.deployVerticle(next);
  }

  private Future<?> stopConsumer() {
    String deployment = consumer.orElseThrow().deploymentID();
    consumer = Optional.empty();
    return vertx.undeploy(deployment);
  }

  /// Stops the consumer or starts it when the phase asks for it.
  private void followPhase() {
    boolean wanted = phase() != PaymentPhase.CONSUMER_STOPPED;
    if (changing || wanted == consumer.isPresent()) {
      return;
    }
    changing = true;
    (wanted ? startConsumer() : stopConsumer()).onComplete(done -> {
      changing = false;
      if (done.failed()) {
        place.say("the payment processor: " + done.cause().getMessage());
      }
    });
  }
}

package io.tidemark.collector;

import io.tidemark.collector.admit.SampleLimits;
import io.tidemark.config.Section;
import java.util.HashMap;
import java.util.Map;

/// What one request, one service and all of them together may bring: the section `limits`.
///
/// @param requestBytesMax   bytes of a body as sent
/// @param inflatedBytesMax  bytes of a body once inflated
/// @param inflightBytesMax  bytes of all bodies being received or waiting for the log
/// @param samplesPerSecond  rate of a service without its own; `Long.MAX_VALUE` for no limit
/// @param serviceRates      rates of services by name; pushes that name no service count as the service `default`, which has no limit
///                          of its own unless it is given one: the bytes in flight bound them all
/// @param servicesMax       services told apart; further ones share one rate
/// @param samples           bounds on single series and samples
public record IngestLimits(int requestBytesMax, int inflatedBytesMax, long inflightBytesMax, long samplesPerSecond,
    Map<String, Long> serviceRates, int servicesMax, SampleLimits samples) {
  public static final IngestLimits DEFAULT =
      new IngestLimits(32 << 20, 64 << 20, 256L << 20, 100_000, Map.of(Gate.DEFAULT_SERVICE, Long.MAX_VALUE), 1000, SampleLimits.DEFAULT);

  public IngestLimits {
    serviceRates = Map.copyOf(serviceRates);
  }

  /// Reads the section `limits`.
  public static IngestLimits read(Section limits) {
    var rates = new HashMap<>(DEFAULT.serviceRates);
    limits.section("service_samples_per_second").ifPresent(section -> {
      for (String service : section.keys()) {
        rates.put(service, rate(section, service));
      }
    });
    var read = new IngestLimits(
        Math.clamp(limits.bytes("request_bytes", DEFAULT.requestBytesMax), 1024, 1 << 30),
        Math.clamp(limits.bytes("inflated_bytes", DEFAULT.inflatedBytesMax), 1024, 1 << 30),
        Math.max(1 << 20, limits.bytes("inflight_bytes", DEFAULT.inflightBytesMax)),
        rate(limits, "samples_per_second"),
        rates,
        (int) limits.number("services", DEFAULT.servicesMax, 1, 1_000_000),
        SampleLimits.read(limits));
    limits.done();
    return read;
  }

  private static long rate(Section section, String key) {
    if (section.text(key, "").equals("unlimited")) {
      return Long.MAX_VALUE;
    }
    return section.number(key, DEFAULT.samplesPerSecond, 1, Long.MAX_VALUE);
  }
}

package io.tidemark.cli.demo;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Books payments: each once, in a known currency, up to a limit. Owned by one thread; {@link #booked} by any.
final class Ledger {
  private static final Set<String> CURRENCIES = Set.of("EUR", "GBP", "USD");
  private static final BigDecimal LIMIT = new BigDecimal("10000");
  /// Payment ids that are remembered. A message that Kafka delivers again comes soon after the first time.
  private static final int REMEMBERED_MAX = 100_000;

  /// What became of a payment.
  enum Outcome {
    PROCESSED("processed", ""), DUPLICATE("duplicate", "booked before"),
    UNKNOWN_CURRENCY("failed", "unknown currency"), OVER_LIMIT("failed", "amount over " + LIMIT), UNREADABLE("failed", "not a payment");

    private final String status;
    private final String reason;

    Outcome(String status, String reason) {
      this.status = status;
      this.reason = reason;
    }

    /// `processed`, `duplicate` or `failed`.
    String status() {
      return status;
    }

    /// Why it was not booked; empty when it was.
    String reason() {
      return reason;
    }
  }

  private final Map<String, Boolean> seen = new LinkedHashMap<>() {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
      return size() > REMEMBERED_MAX;
    }
  };
  private volatile Map<String, BigDecimal> booked = Map.of();

  static Set<String> currencies() {
    return CURRENCIES;
  }

  Outcome book(Payment payment) {
    if (!CURRENCIES.contains(payment.currency())) {
      return Outcome.UNKNOWN_CURRENCY;
    }
    if (payment.amount().compareTo(LIMIT) > 0) {
      return Outcome.OVER_LIMIT;
    }
    if (seen.putIfAbsent(payment.paymentId(), true) != null) {
      return Outcome.DUPLICATE;
    }
    var next = new TreeMap<>(booked);
    next.merge(payment.currency(), payment.amount(), BigDecimal::add);
    booked = next;
    return Outcome.PROCESSED;
  }

  /// The sum of all booked payments of a currency.
  BigDecimal booked(String currency) {
    return booked.getOrDefault(currency, BigDecimal.ZERO);
  }
}

package io.tidemark.cli.demo;

import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;

/// One payment, as the API takes it and the topic carries it.
///
/// @param description empty when there is none
record Payment(String paymentId, BigDecimal amount, String merchantId, String customerId, String currency, String description) {
  static final String CURRENCY = "USD";
  private static final int TEXT_CHARS_MAX = 256;
  private static final BigDecimal AMOUNT_MAX = new BigDecimal("1000000000");

  /// Reads the form that the API documents.
  ///
  /// @throws TidemarkException `BAD_DATA` that names the field, what was expected and what was found
  static Payment read(JsonObject json) {
    return new Payment(text(json, "payment_id"), amount(json.getValue("amount")), text(json, "merchant_id"), text(json, "customer_id"),
        json.containsKey("currency") ? text(json, "currency") : CURRENCY, json.containsKey("description") ? text(json, "description") : "");
  }

  private static String text(JsonObject json, String field) {
    if (json.getValue(field) instanceof String text && !text.isBlank() && text.length() <= TEXT_CHARS_MAX) {
      return text;
    }
    throw bad(field, "a text of 1 to " + TEXT_CHARS_MAX + " characters", json.getValue(field));
  }

  private static BigDecimal amount(Object value) {
    if (value instanceof Number number) {
      var amount = new BigDecimal(number.toString());
      if (amount.signum() > 0 && amount.compareTo(AMOUNT_MAX) <= 0) {
        return amount;
      }
    }
    throw bad("amount", "a number above 0 and at most " + AMOUNT_MAX, value);
  }

  private static TidemarkException bad(String field, String expected, Object found) {
    return new TidemarkException(ErrorCode.BAD_DATA, field + ": expected " + expected + ", found " + found);
  }

  JsonObject toJson() {
    var json = new JsonObject().put("payment_id", paymentId).put("amount", amount).put("merchant_id", merchantId)
        .put("customer_id", customerId).put("currency", currency);
    return description.isEmpty() ? json : json.put("description", description);
  }
}

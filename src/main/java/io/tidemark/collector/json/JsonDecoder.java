package io.tidemark.collector.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.tidemark.collector.admit.Admission;
import io.tidemark.collector.admit.LabelAssembler;
import io.tidemark.collector.admit.Rule;
import io.tidemark.collector.admit.Tally;
import io.tidemark.model.LabelSet;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;

/// Decodes JSON samples, one after another from a token stream.
///
/// An object has a name (`name`, `metricName` or `metric`), a `value` (a number, or a text such as `"NaN"`), and may have labels
/// (`labels` or `tags`, texts by name) and a `timestamp`. A timestamp is a number of milliseconds since 1970, or a text in RFC 3339;
/// a number below 10¹¹ is taken for seconds, since as milliseconds it would lie before 1973. Without one the request's time counts.
/// Other members are ignored. One thread.
public final class JsonDecoder {
  private static final double SECONDS_BELOW = 1e11;
  private static final int DEPTH_MAX = 16;

  private final JsonFactory factory;
  private final Admission admission;
  private final JsonSample sample;
  private final JsonNumbers numbers = new JsonNumbers();

  public JsonDecoder(Admission admission) {
    this.admission = admission;
    sample = new JsonSample(admission.limits().labelsMax());
    // Symbols of hostile bodies must not stay: no canonicalising of names across requests.
    factory = new JsonFactoryBuilder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).maxStringLength(1 << 20).maxNumberLength(400)
            .maxNameLength(64 * 1024).build())
        .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .build();
  }

  /// Adds the samples of `body` to the open batch. Broken JSON, and bytes that are no UTF-8, end the reading; what came before is kept.
  public void decode(byte[] body) {
    long number = 0;
    var bytes = new Utf8Bytes(body);
    // By the bytes alone the parser would guess at UTF-16 too, and put U+FFFD in place of what it cannot decode.
    try (JsonParser parser = factory.createParser(new InputStreamReader(bytes, StandardCharsets.UTF_8))) {
      int arrays = 0;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_ARRAY -> arrays++;
          case END_ARRAY -> arrays--;
          case START_OBJECT -> {
            number++;
            sample.read(parser);
            add(number);
          }
          default -> {
            number++;
            long place = number;
            String found = parser.getText();
            admission.reject(Rule.SYNTAX, 1, () -> "sample " + place + ": expected an object, found " + Tally.shorten(found, 40));
          }
        }
      }
      if (number == 0 && arrays == 0 && body.length == 0) {
        admission.reject(Rule.SYNTAX, 1, () -> "the body is empty");
      }
    } catch (JsonProcessingException e) {
      rejectSyntax(number, e);
    } catch (CharacterCodingException e) {
      admission.reject(Rule.NOT_UTF8, 1, () -> "byte " + bytes.end() + " of the body is not valid UTF-8");
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private void rejectSyntax(long number, JsonProcessingException e) {
    // Broken constraints come without a location.
    String where = e.getLocation() == null ? ""
        : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
    admission.reject(Rule.SYNTAX, 1, () -> describe(Math.max(1, number)) + "not valid JSON" + where + ": "
        + Tally.shorten(String.valueOf(e.getOriginalMessage()), 150));
  }

  private void add(long number) {
    if (!sample.problem().isEmpty()) {
      admission.reject(Rule.SYNTAX, 1, () -> describe(number) + sample.problem());
      return;
    }
    LabelAssembler labels = admission.assembler();
    labels.add(LabelSet.NAME, sample.name());
    for (int i = 0; i < sample.labels(); i++) {
      labels.add(sample.labelName(i), sample.labelValue(i));
    }
    double value = numbers.value(sample.value());
    if (!numbers.isValid()) {
      admission.reject(Rule.VALUE, 1, () -> describe(number) + (sample.value().isEmpty() ? "no \"value\""
          : "expected a number as \"value\", found " + Tally.shorten(sample.value(), 40)));
      return;
    }
    long timestamp = sample.timestamp().isEmpty() ? admission.nowMillis() : millis(sample.timestamp());
    if (!numbers.isValid()) {
      admission.reject(Rule.SYNTAX, 1, () -> describe(number)
          + "expected milliseconds or an RFC 3339 text as \"timestamp\", found " + Tally.shorten(sample.timestamp(), 40));
      return;
    }
    int handle = admission.define(labels, 1);
    if (handle >= 0) {
      if (!admission.add(handle, timestamp, value)) {
        admission.rejectTimestamp(timestamp, () -> describe(number) + sample.name());
      }
      admission.boundary();
    }
  }

  private static String describe(long number) {
    return "sample " + number + ": ";
  }

  private long millis(String text) {
    double number = numbers.value(text);
    if (numbers.isValid() && !Double.isNaN(number)) {
      return (long) (Math.abs(number) < SECONDS_BELOW ? number * 1000 : number);
    }
    try {
      long millis = OffsetDateTime.parse(text).toInstant().toEpochMilli();
      numbers.value("0");
      return millis;
    } catch (DateTimeException | ArithmeticException e) {
      numbers.value("");
      return 0;
    }
  }
}

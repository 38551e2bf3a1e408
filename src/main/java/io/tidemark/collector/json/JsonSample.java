package io.tidemark.collector.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// The members of one JSON object as texts; checked by {@link JsonDecoder}. Reused; one thread.
final class JsonSample {
  private final int labelsMax;
  private String name = "";
  private String value = "";
  private String timestamp = "";
  private String problem = "";
  private final List<String> labels = new ArrayList<>();

  JsonSample(int labelsMax) {
    this.labelsMax = labelsMax;
  }

  /// Reads the object whose opening brace was just read.
  void read(JsonParser parser) throws IOException {
    name = "";
    value = "";
    timestamp = "";
    problem = "";
    labels.clear();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String member = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (member) {
        case "name", "metricName", "metric" -> name = scalar(parser, token, member);
        case "value" -> value = scalar(parser, token, member);
        case "timestamp" -> timestamp = scalar(parser, token, member);
        case "labels", "tags" -> readLabels(parser, token, member);
        default -> parser.skipChildren();
      }
    }
    if (problem.isEmpty() && name.isEmpty()) {
      problem = "no \"name\" (also \"metricName\", \"metric\")";
    }
  }

  private String scalar(JsonParser parser, JsonToken token, String member) throws IOException {
    if (token == JsonToken.VALUE_NULL) {
      return "";
    }
    if (token.isScalarValue()) {
      return parser.getText();
    }
    problem = "\"" + member + "\" must be one text or number, not an object or array";
    parser.skipChildren();
    return "";
  }

  private void readLabels(JsonParser parser, JsonToken token, String member) throws IOException {
    if (token == JsonToken.VALUE_NULL) {
      return;
    }
    if (token != JsonToken.START_OBJECT) {
      problem = "\"" + member + "\" must be an object of texts";
      parser.skipChildren();
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String label = parser.currentName();
      String text = scalar(parser, parser.nextToken(), member + "." + label);
      // One more than allowed is enough to be refused by the rule on labels.
      if (labels.size() / 2 <= labelsMax) {
        labels.add(label);
        labels.add(text);
      }
    }
  }

  String name() {
    return name;
  }

  String value() {
    return value;
  }

  String timestamp() {
    return timestamp;
  }

  /// What makes the object no sample, or the empty string.
  String problem() {
    return problem;
  }

  int labels() {
    return labels.size() / 2;
  }

  String labelName(int index) {
    return labels.get(index * 2);
  }

  String labelValue(int index) {
    return labels.get(index * 2 + 1);
  }
}

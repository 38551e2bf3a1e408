package io.tidemark.collector.scrape;

import io.tidemark.config.Secret;
import io.tidemark.config.Section;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// What a scrape sends as its `Authorization` header.
public sealed interface Credentials {
  Credentials NONE = new None();

  /// The header's value; empty for none.
  String header();

  record None() implements Credentials {
    @Override
    public String header() {
      return "";
    }
  }

  record Basic(String username, Secret password) implements Credentials {
    @Override
    public String header() {
      byte[] pair = (username + ":" + password.reveal()).getBytes(StandardCharsets.UTF_8);
      return "Basic " + Base64.getEncoder().encodeToString(pair);
    }
  }

  record Token(String type, Secret credentials) implements Credentials {
    @Override
    public String header() {
      return type + " " + credentials.reveal();
    }
  }

  /// Reads `basic_auth` or `authorization` of a scrape configuration.
  static Credentials read(Section job) {
    var basic = job.section("basic_auth");
    var token = job.section("authorization");
    if (basic.isPresent() && token.isPresent()) {
      job.problem("authorization", "at most one of basic_auth and authorization may be given");
    }
    if (basic.isPresent()) {
      Section section = basic.get();
      var read = new Basic(section.requiredText("username"), section.secret("password"));
      notYet(section, "username_file", "password_file");
      section.done();
      return read;
    }
    if (token.isPresent()) {
      Section section = token.get();
      var read = new Token(section.text("type", "Bearer"), section.secret("credentials"));
      notYet(section, "credentials_file");
      if (read.type.equalsIgnoreCase("basic")) {
        section.problem("type", "authorization type cannot be \"basic\"; use basic_auth");
      }
      section.done();
      return read;
    }
    return NONE;
  }

  private static void notYet(Section section, String... keys) {
    for (String key : keys) {
      if (section.has(key)) {
        section.problem(key, key + " is not supported yet; give the value itself");
      }
    }
  }
}

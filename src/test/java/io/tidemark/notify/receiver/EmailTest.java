package io.tidemark.notify.receiver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import io.tidemark.notify.Outcome;
import io.vertx.core.Vertx;
import jakarta.mail.internet.MimeMessage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Against a real mail server in this process.
class EmailTest {
  private final Vertx vertx = Vertx.vertx();
  private final GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));

  @BeforeEach
  void start() {
    server.start();
  }

  @AfterEach
  void close() throws Exception {
    server.stop();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private Outcome send(String more) throws Exception {
    var config = (EmailConfig) Samples.integration("""
        email_configs:
          - to: oncall@example.org, lead@example.org
            from: tidemark@example.org
            smarthost: 127.0.0.1:%d
            text: 'plain {{ .Status }}'
            headers: {X-Team: ops}
            %s
        """.formatted(server.getSmtp().getPort(), more));
    var email = new Email(config, Samples.texts(), vertx);
    try {
      return email.send(Samples.notification()).await(30, TimeUnit.SECONDS);
    } finally {
      email.close().await(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void deliversBothBodiesToEveryRecipient() throws Exception {
    assertEquals(new Outcome.Delivered("mail to 2 recipients taken"), send("require_tls: false"));
    assertTrue(server.waitForIncomingEmail(10_000, 2));
    MimeMessage message = server.getReceivedMessages()[0];
    assertEquals("[FIRING:1] Down (critical)", message.getSubject());
    assertEquals("ops", message.getHeader("X-Team")[0]);
    String body = GreenMailUtil.getBody(message);
    assertTrue(body.contains("plain firing") && body.contains("text/html") && body.contains("Firing: 1"), body);
  }

  @Test
  void logsIn() throws Exception {
    server.setUser("user", "password");
    assertInstanceOf(Outcome.Delivered.class, send("require_tls: false\n    auth_username: user\n    auth_password: password"));
  }

  @Test
  void neverShowsThePassword() throws Exception {
    server.setUser("user", "password");
    Outcome outcome = send("require_tls: false\n    auth_username: user\n    auth_password: topsecret");
    assertFalse(outcome instanceof Outcome.Delivered, outcome.detail());
    assertFalse(outcome.detail().contains("topsecret"), outcome.detail());
  }

  @Test
  void refusesToSendInTheClearByDefault() throws Exception {
    assertFalse(send("") instanceof Outcome.Delivered);
    assertEquals(0, server.getReceivedMessages().length);
  }
}

package io.tidemark.catalog.postgres;

import io.tidemark.catalog.PostgresCatalogConfig;
import io.tidemark.model.ErrorCode;
import io.tidemark.model.TidemarkException;
import io.vertx.pgclient.PgException;
import java.sql.SQLException;

/// What PostgreSQL refuses, as codes that callers act on. Its states: https://www.postgresql.org/docs/current/errcodes-appendix.html.
final class Failures {
  private Failures() {}

  private record Meaning(ErrorCode code, String advice) {}

  /// Never null-coded, never with a password in it: PostgreSQL tells users and databases only.
  static TidemarkException of(PostgresCatalogConfig config, Throwable cause) {
    return switch (cause) {
      case TidemarkException known -> known;
      case PgException refused -> failure(config, String.valueOf(refused.getSqlState()), refused.getErrorMessage(), refused);
      case SQLException refused -> failure(config, String.valueOf(refused.getSQLState()), String.valueOf(refused.getMessage()), refused);
      default -> cause.getCause() instanceof SQLException inner ? of(config, inner)
          : away(config, String.valueOf(cause.getMessage()), cause);
    };
  }

  private static TidemarkException away(PostgresCatalogConfig config, String text, Throwable cause) {
    return new TidemarkException(ErrorCode.UNAVAILABLE, "postgres at " + config.address() + " does not answer: " + text
        + "; calls are tried again by themselves, check that it runs and can be reached", cause);
  }

  private static TidemarkException failure(PostgresCatalogConfig config, String state, String text, Throwable cause) {
    if (state.equals("null") || state.startsWith("08")) {
      return away(config, text, cause);
    }
    Meaning meaning = meaning(state);
    return new TidemarkException(meaning.code, "postgres at " + config.address() + " refuses (" + state + "): " + text + "; "
        + meaning.advice, cause);
  }

  private static Meaning meaning(String state) {
    return switch (state) {
      case "23505" -> new Meaning(ErrorCode.CONFLICT, "read it again");
      case "25006" -> new Meaning(ErrorCode.UNAVAILABLE, "it is only to be read: catalog.postgres.host must lead to the primary");
      case "3D000" -> new Meaning(ErrorCode.UNAVAILABLE, "make the database, or mend catalog.postgres.database");
      case "42501" -> new Meaning(ErrorCode.UNAVAILABLE, "catalog.postgres.username must own the schema");
      case "42P01", "42703", "42883" -> new Meaning(ErrorCode.CORRUPT, "its tables were changed by others: restore them");
      case "53100" -> new Meaning(ErrorCode.DISK_FULL, "make room on its disk");
      case "55P03", "40001", "40P01" -> new Meaning(ErrorCode.UNAVAILABLE, "others hold the row; later again");
      case "57014" -> new Meaning(ErrorCode.TIMEOUT, "it took longer than catalog.postgres.timeout");
      default -> switch (state.substring(0, 2)) {
        case "22" -> new Meaning(ErrorCode.BAD_DATA, "the text cannot be stored");
        case "28" -> new Meaning(ErrorCode.UNAVAILABLE, "check catalog.postgres.username and catalog.postgres.password");
        case "53", "57", "25" -> new Meaning(ErrorCode.UNAVAILABLE, "later again");
        case "58" -> new Meaning(ErrorCode.DISK_FAILED, "look at its disk");
        case "XX" -> new Meaning(ErrorCode.CORRUPT, "look at its log, restore it from a backup");
        default -> new Meaning(ErrorCode.INTERNAL, "this is a defect of Tidemark");
      };
    };
  }
}

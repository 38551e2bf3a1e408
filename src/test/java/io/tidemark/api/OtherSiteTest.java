package io.tidemark.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtherSiteTest {
  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      # site        | origin                     | sent to           | other
                    |                            | 127.0.0.1:9070    | false
                    |                            |                   | false
      cross-site    | https://evil.example       | 127.0.0.1:9070    | true
      cross-site    |                            | 127.0.0.1:9070    | true
      same-site     | http://wiki.corp.example   | tsdb.corp.example | true
      same-site     | http://127.0.0.1:3000      | 127.0.0.1:9070    | true
      something     |                            | 127.0.0.1:9070    | true
      none          |                            | 127.0.0.1:9070    | false
      same-origin   | http://127.0.0.1:9070      | 127.0.0.1:9070    | false
      # A proxy that changes the host.
      same-origin   | https://tsdb.corp.example  | 127.0.0.1:9070    | false
      # Plain http to another machine.
                    | http://10.0.0.5:9070       | 10.0.0.5:9070     | false
                    | http://10.0.0.5:3000       | 10.0.0.5:9070     | true
                    | https://evil.example       | 10.0.0.5:9070     | true
                    | http://10.0.0.5            | 10.0.0.5:9070     | true
                    | http://10.0.0.5            | 10.0.0.5:80       | false
                    | https://Tsdb.corp.example  | tsdb.corp.EXAMPLE:443 | false
                    | http://tsdb.corp.example   | tsdb.corp.example:443 | true
                    | http://[::1]:9070          | [::1]:9070        | false
                    | http://evil.example        |                   | true
                    | null                       | 10.0.0.5:9070     | true
                    | null                       | null              | true
                    | ''                         | 10.0.0.5:9070     | true
      """)
  void tellsItByWhatBrowsersSay(String site, String origin, String authority, boolean other) {
    assertEquals(other, OtherSite.sent(site, origin, Optional.ofNullable(authority)));
  }
}

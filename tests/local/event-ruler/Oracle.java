import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.Machine;

/**
 * Answers, for each line {"pattern": text, "event": text} of the standard input, whether AWS's own matcher accepts the
 * pattern and matches the event: "true", "false", or "invalid" and the reason.
 */
public class Oracle {
  public static void main(String[] arguments) throws Exception {
    var mapper = new ObjectMapper();
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode given = mapper.readTree(line);
      out.println(answer(given.get("pattern").asText(), given.get("event").asText()));
    }
    out.flush();
  }

  private static String answer(String pattern, String event) throws Exception {
    var machine = new Machine();
    try {
      machine.addRule("rule", pattern);
    } catch (Exception refused) {
      return "invalid " + String.valueOf(refused.getMessage()).replaceAll("\\s+", " ");
    }
    return String.valueOf(!machine.rulesForJSONEvent(event).isEmpty());
  }
}

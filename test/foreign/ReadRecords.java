import com.fasterxml.jackson.databind.ObjectMapper;
import io.apicurio.registry.utils.converter.AvroConverter;
import io.debezium.transforms.ExtractNewRecordState;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.storage.Converter;

/**
 * Reads records as sinks of Kafka Connect are given them. Arguments: `json`, or the URL of the registry that has the Avro schemas; then for
 * each sink how it reads them: `plain`, or through Debezium's ExtractNewRecordState, whose settings are `name=value` with spaces between them.
 * stdin: a line for each record, its key and value in base64 with a space between them, `-` for none; stdout: an array of what each sink is
 * given, `null` where it is nothing.
 */
public class ReadRecords {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    Converter keys = converter(args[0], true);
    Converter values = converter(args[0], false);
    List<ExtractNewRecordState<SinkRecord>> sinks = new ArrayList<>();
    for (int sink = 1; sink < args.length; sink += 1) sinks.add(args[sink].equals("plain") ? null : unwrap(args[sink]));
    Scanner lines = new Scanner(System.in, StandardCharsets.US_ASCII);
    while (lines.hasNextLine()) {
      String[] parts = lines.nextLine().split(" ");
      SchemaAndValue key = keys.toConnectData("topic", bytes(parts[0]));
      SchemaAndValue value = values.toConnectData("topic", bytes(parts[1]));
      List<Object> given = new ArrayList<>();
      for (ExtractNewRecordState<SinkRecord> unwrap : sinks) {
        SinkRecord record = new SinkRecord("topic", 0, key.schema(), key.value(), value.schema(), value.value(), 0);
        if (unwrap != null) record = unwrap.apply(record);
        given.add(record == null ? null : told(record));
      }
      byte[] told = JSON.writeValueAsBytes(given);
      System.out.write(told, 0, told.length);
      System.out.write('\n');
    }
    System.out.flush();
    System.exit(0);
  }

  private static byte[] bytes(String base64) {
    return base64.equals("-") ? null : Base64.getDecoder().decode(base64);
  }

  private static Converter converter(String which, boolean isKey) {
    Converter converter = which.equals("json") ? new JsonConverter() : new AvroConverter<Object>();
    Map<String, Object> json = Map.of("schemas.enable", "true");
    Map<String, Object> avro = Map.of("apicurio.registry.url", which, "apicurio.registry.as-confluent", "true", "apicurio.registry.use-id", "contentId");
    converter.configure(which.equals("json") ? json : avro, isKey);
    return converter;
  }

  private static ExtractNewRecordState<SinkRecord> unwrap(String settings) {
    Map<String, String> told = new HashMap<>();
    for (String setting : settings.split(" ")) {
      if (!setting.isEmpty()) told.put(setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
    }
    ExtractNewRecordState<SinkRecord> unwrap = new ExtractNewRecordState<>();
    unwrap.configure(told);
    return unwrap;
  }

  private static Map<String, Object> told(SinkRecord record) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("key", record.key() == null ? null : fields((Struct) record.key()));
    told.put("value", record.value() == null ? null : fields((Struct) record.value()));
    Map<String, Object> headers = new LinkedHashMap<>();
    for (Header header : record.headers()) headers.put(header.key(), String.valueOf(header.value()));
    told.put("headers", headers);
    return told;
  }

  private static Map<String, Object> fields(Struct struct) {
    Map<String, Object> told = new LinkedHashMap<>();
    for (Field field : struct.schema().fields()) told.put(field.name(), told(field.schema(), struct.get(field)));
    return told;
  }

  private static Object told(Schema schema, Object value) {
    if (value == null) return null;
    if (value instanceof List<?> list) {
      List<Object> items = new ArrayList<>();
      for (Object item : list) items.add(told(schema.valueSchema(), item));
      return items;
    }
    if (value instanceof Struct struct) return Map.of("struct", fields(struct));
    if (value instanceof BigDecimal number) return Map.of("decimal", number.toPlainString());
    if (value instanceof Date date) return Map.of(schema.name(), String.valueOf(date.getTime()));
    if (value instanceof byte[] bytes) return Map.of("bytes", HexFormat.of().formatHex(bytes));
    if (value instanceof ByteBuffer bytes) return Map.of("bytes", HexFormat.of().formatHex(bytes.array()));
    if (schema.name() != null && schema.name().startsWith("io.debezium")) return Map.of(schema.name(), value.toString());
    return Map.of(schema.type().getName(), value.toString());
  }
}

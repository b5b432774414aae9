import com.fasterxml.jackson.databind.ObjectMapper;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;

/**
 * Reads events as Java programs do. Arguments: `connect`, or `avro` and the registry's URL. stdin: an event a line, in base64; stdout: of Connect
 * its fields with the kind of each value, of Avro the record as Java writes it again, in base64.
 */
public class ReadEvents {
  interface Reader {
    Object read(byte[] event) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Reader reader = args[0].equals("connect") ? connect() : avro(args[1]);
    ObjectMapper json = new ObjectMapper();
    Scanner lines = new Scanner(System.in, StandardCharsets.US_ASCII);
    while (lines.hasNextLine()) {
      byte[] told = json.writeValueAsBytes(reader.read(Base64.getDecoder().decode(lines.nextLine())));
      System.out.write(told, 0, told.length);
      System.out.write('\n');
    }
    System.out.flush();
    System.exit(0);
  }

  private static Reader connect() {
    JsonConverter converter = new JsonConverter();
    converter.configure(Map.of("schemas.enable", "true"), false);
    return event -> fields((Struct) converter.toConnectData("topic", event).value());
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

  private static Reader avro(String registry) {
    AvroKafkaDeserializer<IndexedRecord> deserializer = new AvroKafkaDeserializer<>();
    deserializer.configure(Map.of("apicurio.registry.url", registry, "apicurio.registry.as-confluent", "true", "apicurio.registry.use-id", "contentId"), false);
    return event -> {
      IndexedRecord row = deserializer.deserialize("topic", event);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
      new GenericDatumWriter<IndexedRecord>(row.getSchema()).write(row, encoder);
      encoder.flush();
      return Base64.getEncoder().encodeToString(bytes.toByteArray());
    };
  }
}

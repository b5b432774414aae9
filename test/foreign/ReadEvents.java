import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.apicurio.registry.resolver.ParsedSchema;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaDeserializer;
import io.apicurio.registry.serde.protobuf.MessageIndexesUtil;
import io.apicurio.registry.serde.protobuf.ProtobufDeserializer;
import io.apicurio.registry.serde.protobuf.ProtobufDeserializerConfig;
import io.apicurio.registry.utils.protobuf.schema.ProtobufSchema;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * Reads events by Apicurio's deserialisers, which find the schema in a registry by its number. Arguments: the format and the registry's URL.
 * stdin: an event a line, in base64; stdout: each as Java writes it again, in base64.
 */
public class ReadEvents {
  interface Reader {
    byte[] read(byte[] event) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Reader reader = reader(args[0], args[1]);
    Scanner lines = new Scanner(System.in, StandardCharsets.US_ASCII);
    StringBuilder told = new StringBuilder();
    while (lines.hasNextLine()) {
      byte[] again = reader.read(Base64.getDecoder().decode(lines.nextLine()));
      told.append('"').append(Base64.getEncoder().encodeToString(again)).append("\"\n");
    }
    System.out.print(told);
    System.out.flush();
    System.exit(0);
  }

  private static Reader reader(String format, String registry) throws Exception {
    switch (format) {
      case "avro":
        return avro(registry);
      case "json-schema":
        return json(registry);
      case "protobuf":
        return protobuf(registry);
      default:
        throw new IllegalArgumentException(format);
    }
  }

  private static Map<String, Object> settings(String registry) {
    return new HashMap<>(Map.of("apicurio.registry.url", registry));
  }

  private static Reader avro(String registry) {
    AvroKafkaDeserializer<IndexedRecord> deserializer = new AvroKafkaDeserializer<>();
    deserializer.configure(settings(registry), false);
    return event -> {
      IndexedRecord row = deserializer.deserialize("topic", event);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
      new GenericDatumWriter<IndexedRecord>(row.getSchema()).write(row, encoder);
      encoder.flush();
      return bytes.toByteArray();
    };
  }

  /** Jackson makes a double of a fraction unless it is told not to. */
  private static Reader json(String registry) {
    ObjectMapper exact = new ObjectMapper()
        .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
        .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
        .setNodeFactory(JsonNodeFactory.withExactBigDecimals(true));
    JsonSchemaKafkaDeserializer<JsonNode> deserializer = new JsonSchemaKafkaDeserializer<>();
    deserializer.setObjectMapper(exact);
    deserializer.configure(settings(registry), false);
    return event -> exact.writeValueAsBytes(deserializer.deserialize("topic", event));
  }

  /**
   * Apicurio's own way leads to a generated class, which it takes the descriptor from. Without one the first message of the document is read
   * by the descriptor that it makes of the document itself.
   */
  private static Reader protobuf(String registry) {
    ProtobufDeserializer<DynamicMessage> deserializer = new ProtobufDeserializer<>() {
      @Override
      protected DynamicMessage internalReadData(ParsedSchema<ProtobufSchema> schema, ByteBuffer bytes, int start, int length) {
        try {
          InputStream in = new ByteArrayInputStream(bytes.array(), start, length);
          if (!MessageIndexesUtil.readFrom(in).equals(List.of(0))) throw new IOException("not the first message");
          return DynamicMessage.parseFrom(schema.getParsedSchema().getFileDescriptor().getMessageTypes().get(0), in);
        } catch (IOException error) {
          throw new UncheckedIOException(error);
        }
      }
    };
    deserializer.configure(new ProtobufDeserializerConfig(settings(registry), false), false);
    return event -> {
      DynamicMessage row = deserializer.deserializeData("topic", event);
      refuseUnknown(row);
      return row.toByteArray();
    };
  }

  /** A field that the document does not tell would be written again as it came. */
  private static void refuseUnknown(Message message) {
    if (!message.getUnknownFields().asMap().isEmpty()) throw new IllegalStateException("unknown fields: " + message.getUnknownFields());
    for (Object value : message.getAllFields().values()) {
      for (Object one : value instanceof List<?> list ? list : List.of(value)) if (one instanceof Message inner) refuseUnknown(inner);
    }
  }
}

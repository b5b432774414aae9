import { ddlSuite } from './suite.ts';

ddlSuite('sqlite', 'avro');
ddlSuite('sqlite', 'json-schema');
ddlSuite('sqlite', 'protobuf');

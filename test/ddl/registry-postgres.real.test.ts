import { ddlSuite } from './suite.ts';

ddlSuite('postgres', 'avro');
ddlSuite('postgres', 'json-schema');
ddlSuite('postgres', 'protobuf');

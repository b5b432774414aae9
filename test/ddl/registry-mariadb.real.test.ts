import { ddlSuite } from './suite.ts';

ddlSuite('mariadb', 'avro');
ddlSuite('mariadb', 'json-schema');
ddlSuite('mariadb', 'protobuf');

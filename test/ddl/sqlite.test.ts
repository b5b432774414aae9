import { ddlSuite } from './suite.ts';

ddlSuite('sqlite');

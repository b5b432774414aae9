import type { SubjectRule } from '../model/registry.ts';
import type { SubjectSchema } from './schema-registry.ts';

/** As the strategies of the same names build it: TopicNameStrategy, RecordNameStrategy, TopicRecordNameStrategy. */
export function subjectOf({ topic, part, document }: SubjectSchema, rule: SubjectRule): string {
  switch (rule) {
    case 'topic':
      return `${topic}-${part}`;
    case 'record':
      return document.record;
    case 'topic-record':
      return `${topic}-${document.record}`;
    default:
      return rule satisfies never;
  }
}

import { describe, expect, test } from 'vitest';
import { joinBashWords } from '../../../src/completion/bash-words.ts';
import { type Position, positionOf } from '../../../src/completion/position.ts';

const at = (line: string) => positionOf(line.split(' '));

describe('what the word under the cursor is', () => {
  test.each<[string, Partial<Position> & Record<string, unknown>]>([
    ['', { kind: 'command', partial: '' }],
    ['lo', { kind: 'command', partial: 'lo' }],
    ['--context foo lo', { kind: 'command', partial: 'lo', args: ['--context', 'foo', 'lo'] }],
    ['--debug ', { kind: 'command', args: [''] }],
    ['--co', { kind: 'flag', partial: '--co' }],
    ['--context fo', { kind: 'value', partial: 'fo', prefix: '', flag: expect.objectContaining({ value: 'CONTEXT' }) }],
    ['--context=fo', { kind: 'value', partial: 'fo', prefix: '--context=' }],
    ['-nsh', { kind: 'value', partial: 'sh', prefix: '-n' }],
    ['use fo', { kind: 'argument', partial: 'fo', argument: expect.objectContaining({ name: 'CLUSTER|-' }) }],
    ['use foo ', { kind: 'nothing' }],
    ['use -n ', { kind: 'value', flag: expect.objectContaining({ value: 'NAMESPACE' }) }],
    ['list --environment=te', { kind: 'value', partial: 'te', prefix: '--environment=' }],
    ['list -o ', { kind: 'value', flag: expect.objectContaining({ choices: expect.arrayContaining(['wide']) }) }],
    ['list-clusters --all ', { kind: 'argument', command: 'list' }],
    ['cluster-access ', { kind: 'subcommand', partial: '' }],
    ['cluster-a req -i ', { kind: 'value', command: 'cluster-access request' }],
    ['cluster-access approve ', { kind: 'argument', argument: expect.objectContaining({ name: 'KEY' }) }],
    ['generate deployment --autoscaling ', { kind: 'nothing' }],
    ['emergency why -- --is', { kind: 'argument', partial: '--is' }],
    ['get po', { kind: 'kubectl', args: ['get', 'po'], partial: 'po' }],
    ['-n shop --debug get pods ', { kind: 'kubectl', args: ['-n', 'shop', 'get', 'pods', ''] }],
    ['kubectl use x', { kind: 'kubectl', args: ['use', 'x'] }],
    ['get pods --output=js', { kind: 'kubectl', prefix: '--output=', partial: 'js' }],
    ['get -n use ', { kind: 'kubectl', args: ['get', '-n', 'use', ''] }],
    ['delete pod ', { kind: 'kubectl', args: ['delete', 'pod', ''] }],
    ['--as use ', { kind: 'command' }],
    ['on foo -- kubectl get po', { kind: 'kubectl', args: ['--context', 'foo', 'get', 'po'] }],
    ['on foo bar --waves -- kubectl get po', { kind: 'kubectl', args: ['--context', 'foo', 'get', 'po'] }],
    ['on @shop b* -l x=y -- kubectl get po', { kind: 'kubectl', args: ['get', 'po'] }],
    ['on --all -- kubectl get po', { kind: 'kubectl', args: ['get', 'po'] }],
    ['on foo ba', { kind: 'argument', argument: expect.objectContaining({ name: 'SELECTION' }) }],
    ['on foo --except ', { kind: 'value', flag: expect.objectContaining({ value: 'CLUSTERS' }) }],
    ['on foo -- helm ', { kind: 'files' }],
    ['on foo -- ', { kind: 'argument', argument: expect.objectContaining({ name: 'COMMAND' }) }],
  ])('zkubectl %s▮', (line, expected) => {
    expect(at(line)).toMatchObject(expected);
  });
});

describe('bash cuts words at : and =, and leaves quotes in them', () => {
  test.each<[string[], string[], number]>([
    [['use', 'aws', ':', '12'], ['use', 'aws:12'], 4],
    [['use', 'aws', ':'], ['use', 'aws:'], 4],
    [['list', '--environment', '=', 'te'], ['list', '--environment=te'], 14],
    [['list', '--environment', '='], ['list', '--environment='], 14],
    [['-l', 'a', '=', 'b,c', '=', ''], ['-l', 'a=b,c='], 6],
    [['use', 'foo'], ['use', 'foo'], 0],
    [['use', "'fo"], ['use', 'fo'], 0],
    [['use', 'f\\oo', ''], ['use', 'foo', ''], 0],
    [['use', '$(touch x)', ''], ['use', '$(touch x)', ''], 0],
  ])('%j', (pieces, words, cut) => {
    expect(joinBashWords(pieces)).toEqual({ words, cut });
  });
});

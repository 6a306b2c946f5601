/** The text of a workflow, beside its canvas. */
export const yaml = {
  label: 'YAML of the workflow. Tab indents; press Escape, then Tab, to leave.',
  waiting: 'Writing the text…',
  beside: 'Beside the canvas',
  below: 'Below the canvas',
  close: 'Close the text',
  width: 'Width of the text',
  copy: 'Copy',
  download: 'Download',
  inStep: 'In step with the canvas',
  typing: 'Applied when you pause',
  refused: (line: number, message: string) => `Not applied yet. Line ${line}: ${message}`,
  goToLine: 'Go to the line',
  revert: 'Undo what was not applied',
  comments:
    'Comments stay while this text is open, here only. Put what others should read into notes or descriptions.',
  collided: (places: string) => `Somebody else changed ${places} while you typed. Theirs is kept.`,
  takeMine: 'Take mine',
  keepTheirs: 'Keep theirs',
  failed: (reason: string) => `The text could not be written: ${reason}`,
  edit: 'Edit the YAML',
  more: (count: number) => ` and ${count} more`,

  shape: {
    document: 'A workflow is a mapping of keys, such as name and nodes.',
    map: (key: string) => `${key} must be a mapping.`,
    text: (key: string) => `${key} must be a text.`,
    place: (node: string) => `The place of ${node} must be two numbers, such as [220, 0].`,
    edges: 'edges must be a list of texts, such as "read -> keep".',
    node: (id: string) => `${id} must be a mapping with a type.`,
    type: (id: string) => `${id} needs a type, such as table.filter.`,
  },
}

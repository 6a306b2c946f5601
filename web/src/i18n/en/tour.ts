/** The first steps in the editor, which one does while they are told. */
export const tour = {
  title: 'First steps',
  show: 'Show the first steps',
  progress: (at: number, of: number) => `Step ${at} of ${of}`,
  skip: 'Skip',
  done: 'Done',
  skipStep: 'Next',
  finished: 'That is all it takes. Press ? for the keys, and Ctrl+K for everything else.',

  steps: {
    add: {
      title: 'Add a node',
      text: 'Drag “Read file” from the palette, or press Tab on the canvas and type its name.',
    },
    set: {
      title: 'Tell it what to do',
      text: 'Choose a file of the workspace under Path, or drop one there.',
    },
    wire: {
      title: 'Let another follow',
      text: 'Point at the card, press the + at its right and choose “Filter rows”.',
    },
    run: {
      title: 'Try it out',
      text: 'Fill in what is marked red, then press Test run. Output beside a node shows what it gave; nothing is published by that.',
    },
    publish: {
      title: 'Publish',
      text: 'Triggers and other people run what is published. Your draft goes on beside it.',
    },
  },
}

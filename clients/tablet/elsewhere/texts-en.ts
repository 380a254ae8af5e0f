/** Where else somebody is signed in, in English. */
export const ELSEWHERE_EN = {
  also: (where: string) => `You are also signed in at ${where}`,
  place: (tablet: string, time: string) => `${tablet}, since ${time}`,
  lead: 'If that is not you, or nobody is there any more, log out everywhere.',
  show: 'Show how',
  title: 'Everywhere you are signed in',
  here: (tablet: string, time: string) => `This tablet: ${tablet}, since ${time}`,
  nowhere: 'Nowhere else',
  unread: 'Where else could not be read. Logging out everywhere works all the same.',
  logOut: 'Log me out everywhere',
  says: 'Ends all of your sessions at once, this one too. Each of those tablets says so, and shows nothing of a patient.',
  ending: 'Logging out',
};

/**
 * How often one letter follows another in words and identifiers, against chance: 5 is as often, one more twice as often.
 * Rows and columns from a to z; counted in the documentation of packages and the names of Kubernetes fields.
 */
const PAIRS: readonly string[] = [
  '46763463625868261878654353',
  '63336221531632620553600131',
  '73537327616632831547521032',
  '63448332722433620553522130',
  '75786653534768464987464653',
  '52336500600411600544500030',
  '51217245600435520643511021',
  '71027002602233620534402030',
  '66767662224769751677360425',
  '41224000301000420040401000',
  '51126223512313420343401020',
  '73358332813732730255540161',
  '74237120712352660152510130',
  '73677583734435631378542043',
  '45664453434778660866656332',
  '71337225612622650756511030',
  '00000000100100000000500000',
  '84569452805555740576543061',
  '62638426705543662378633152',
  '72538327823533730766503163',
  '55545341513657250666120222',
  '60207010600121400131100000',
  '50115014501304400440001000',
  '30314001400020140024100210',
  '42214120300334350243202011',
  '40005002300110200000100022',
];

/** Below this a run of letters is no word: 1 in 200 of words, 9 in 10 of random runs of ten letters. */
const LEAST = 4.4;
/** With fewer pairs they must be rarer, and very few prove nothing. */
const FEW = { pairs: 7, least: 3 };
const LEAST_PAIRS = { beside: 3, alone: 5 };

const A = 'a'.charCodeAt(0);

/** Whether runs of ASCII letters read like words; short ones do, unless they stand `beside` digits. */
export function readsLikeWords(runs: readonly string[], where: 'alone' | 'beside' = 'alone'): boolean {
  let sum = 0;
  let pairs = 0;
  for (const run of runs) {
    const text = run.toLowerCase();
    for (let index = 1; index < text.length; index++) {
      const score = PAIRS[text.charCodeAt(index - 1) - A]?.[text.charCodeAt(index) - A];
      if (score === undefined) continue;
      sum += Number(score);
      pairs++;
    }
  }
  return pairs < LEAST_PAIRS[where] || sum / pairs >= (pairs < FEW.pairs ? FEW.least : LEAST);
}

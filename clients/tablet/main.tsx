import { render } from 'preact';
import { keepLook } from '../common/page/look.ts';
import { SignIn } from './sign-in-screen.tsx';

keepLook(localStorage, document.documentElement);
const root = document.querySelector('#app');
if (root) render(<SignIn />, root);

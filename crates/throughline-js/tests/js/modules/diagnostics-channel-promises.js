// DC-15: what comes back of a traced promise, and who is asked for `then`.
const dc=require('node:diagnostics_channel'); class S extends Promise{ then(...a){console.log('then', a.length, typeof a[1]); return super.then(...a)}}; const t=dc.tracingChannel('x'); t.subscribe({asyncStart(){console.log('as')},error(){console.log('er')}});
const s=S.resolve(1); const r=t.tracePromise(()=>s,{}); console.log(r===s); class N extends Promise{}; const n=N.resolve(2); console.log(t.tracePromise(()=>n,{})===n);
const p=Promise.resolve(1); p.then=function(...a){console.log('own'); return Promise.prototype.then.apply(this,a)}; console.log(t.tracePromise(()=>p,{})===p);
process.on('unhandledRejection',e=>console.log('unh',e)); t.tracePromise(()=>N.reject('nrej'),{}); 
const th={then(a,b){ try{ console.log('th returned', b('th')) }catch(e){console.log('threw',e)} }}; t.tracePromise(()=>th,{});
console.log(dc.tracingChannel('uu').tracePromise(()=>({then(){console.log('x')}})));

"""Words that say which language a text is in and little else. Written for this project, in lower case."""

from __future__ import annotations

_LISTS = {
    "en": """a am an and are as at be been but by can could did do does for had has have how i if in into is it its me
        my no not of on or our shall should so such that the their them then there these they this those to us was we
        were what when where whether which who whom whose why will with would you your""",
    "de": """aber alle allem allen aller alles als also am an ander andere anderem anderen auch auf aus bei beim bin
        bis bist da damit dann das dass dein deine dem den denn der des dessen die dies diese diesem diesen dieser
        dieses doch dort du durch ein eine einem einen einer eines er es etwas euch euer für gegen gibt hab habe haben
        hat hatte hatten hier hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in indem ins ist ja jede jedem jeden
        jeder jedes kann kein keine keinem keinen können könnte man mein meine mich mir mit muss müssen nach nicht
        nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seit sich sie sind so soll sollen
        sondern sowie über um und uns unser unsere unter viel viele vom von vor wann war waren warum was weil welche
        welchem welchen welcher welches wenn wer werde werden wie wieder wieviel will wir wird wo worden wurde wurden
        während zu zum zur zwischen""",
    "es": """a al algo algunos ante antes como con contra cual cuales cuando cuanto cuantos cuál cuáles cuándo cuánta
        cuántas cuánto cuántos cómo de del desde donde dónde durante e el ella ellas ellos en entre era eran es esa
        esas ese eso esos esta estaba estado estar estas este esto estos está están fue fueron ha han hasta hay he la
        las le les lo los me mi mis mucho muy más nada ni no nos nosotros o otra otras otro otros para pero poco por
        porque pues que quien quienes quién quiénes qué se sea según ser si sin sobre son su sus sí también tanto te
        tiene tienen todo todos tu tus un una uno unos unas y ya yo""",
    "fr": """à afin ai ainsi alors après as au aucun aussi autre autres aux avant avec avez avoir avons bien c car ce
        ceci cela celle celles celui ces cet cette ceux chaque chez comme comment d dans de des depuis donc dont du
        elle elles en encore entre est et étaient était été être eu eux fait il ils j je jusqu l la laquelle le
        lequel les lesquelles lesquels leur leurs lors lorsque lui m ma mais me même mes moi moins mon n ne ni nos
        notre nous on ont ou où par parce pas pendant peu peut plus pour pourquoi puis qu quand que quel quelle
        quelles quels qui quoi s sa sans se selon sera ses si son sont sous sur t ta te tes toi ton tous tout toute
        toutes très tu un une vers vos votre vous y""",
    "it": """a abbiamo ad agli ai al alla alle allo anche avere aveva c che chi ci come con contro cui d da dagli dai
        dal dalla dalle dallo degli dei del dell della delle dello di dopo dove e ed era erano essere fra fu gli ha
        hai hanno ho i il in io l la le lei li lo loro lui ma me mi mia mie miei mio ne negli nei nel nella nelle
        nello noi non nostra nostro o ogni per perché però più poi prima può qual quale quali quando quanta quante
        quanti quanto quella quelle quelli quello questa queste questi questo se sei si sia siamo siano sono sta
        stata stato su sua sue sugli sui sul sulla sulle sullo suo suoi ti tra tu tutti tutto un una uno vi voi è""",
    "pt": """a ao aos aquela aquele as até com como contra da das de dela dele deles depois do dos durante e é ela
        elas ele eles em entre era eram essa essas esse esses esta estas este estes está estão eu foi foram há isso
        isto já lhe lhes mais mas me mesmo meu meus minha muito na nas nem no nos nossa nosso não nós num numa o os
        ou onde para pela pelas pelo pelos perante pode por porque porquê pois qual quais quando quanta quantas quanto
        quantos que quem se sem ser será seu seus são sobre sua suas também te tem têm tinha um uma umas uns você
        vocês à às""",
    "nl": """aan af al alle alleen als andere ben bij bijna binnen boven daar dan dat de deze die dit doen door dus
        een eens en er geen ge gedaan had hadden heb hebben hebt heeft hem het hier hij hoe hoeveel hun iemand iets
        ik in is ja je jij jullie kan kon kunnen maar me meer men met mij mijn moet moeten na naar niet niets nog nu
        of om omdat onder ons onze ook op over reeds te tegen toch toen tot tussen u uit uw van vanaf veel voor waar
        waarom wanneer want waren was wat we wel welk welke werd werden wie wij wil worden wordt zal ze zelf zich zij
        zijn zo zonder zou""",
    "sv": """alla allt att av bara blev bli blir de dem den denna deras dess det detta dig din du där då efter ej
        eller en er ett från för ha hade han hans har hon hur här i icke inte jag kan man med mellan men mig min mot
        mycket ni nu när någon något några och om oss på samma sedan sig sin ska skall som så till under upp ut utan
        vad var vara varför varje vem vi vid vilka vilken vilket är även över""",
    "da": """af alle andet at blev blive bliver da de dem den denne der deres det dette dig din dog du efter eller en
        end er et for fra ham han hans har havde hende her hun hvad hvem hvilke hvilken hvis hvor hvordan hvorfor i
        ikke ind jeg jer jo kan kunne man mange med meget men mig min mod når ned noget nogle nu og også om op os
        over på selv sig sin skal skulle som sådan til ud under var ved vi vil være været""",
    "no": """av alle at ble bli blir da de dem den denne deres det dette dine du eller en enn er et etter for fra
        ham han hans har hadde henne her hun hva hvem hvilke hvilken hvis hvor hvordan hvorfor i ikke inn jeg kan
        kunne man mange med meg mellom men min mot må når noe noen nå og også om opp oss over på seg selv sin skal
        skulle som så til under ut var ved vi vil være vært""",
    "fi": """ei eivät en että hän he ja jos joka jotka kaikki kanssa kuin kuinka kun me mikä miksi millainen milloin
        missä mitä mukaan mutta myös ne niin nyt olen oli olla olivat on ovat sekä se sen siitä sitä te tai tämä
        tämän tätä vain voi voiko vuoksi""",
    "pl": """a aby ale bez bo by był była było były być ci co czy dla do gdy gdzie i ich ile im ja jak jaka jaki jakie
        jako je jego jej jest jeśli już kiedy kto która które którego której który których lub ma mi między może na
        nad nie nich nim o od oraz po pod przed przez przy się są ta tak także tam te tego tej ten to tu tylko tym w
        we więc wszystkie z za ze że""",
    "cs": """a aby ale ani až bez bude být byl byla bylo byly co do i jak jaká jaké jaký jako je jeho její jejich jen
        jsem jsou k kde kdo když která které který ke kolik má mezi na nad nebo není o od po pod podle pro proč
        protože při s se si tak také ten to toho u v ve však z za ze že""",
    "ro": """a acest această aceste al ale am ar are au ca că care ce cât cu cum când de din după este eu fi fost în
        la le lui mai ne nu o pe pentru prin sau se si și sunt un una unde unei unui va""",
    "hu": """a az azt be csak de e egy el én és ez ezt fel ha hány hogy hogyan hol is ki kell le lesz mely meg mert mi
        mikor mint minden még nem s sem szerint vagy van volt""",
    "tr": """ama ancak bana bazı ben bir biz bu çok da daha de değil diye en gibi göre hangi hem her için ile ise kaç
        kadar ki kim mı mi mu mü nasıl ne neden nerede o olan olarak oldu olduğu onu sen siz sonra şu tarafından var
        ve veya ya yok zaman""",
    "ru": """а без более бы был была были было быть в вам вас во вот все всех вы где да для до его ее если есть еще же
        за и из или им их к как какая какие какой каком кем когда кого который которая которые которых кто ли мне
        может мы на над надо не нет ни но о об однако он она они от по под почему при про с сколько со так также там
        то того тоже только тот ты у уже чего чем что чтобы эта эти это этого этой этом этот я""",
    "uk": """а або але б без був була були було в від він вона вони все всі ви для до є з за зі і із її їх його й
        кого коли котрий ми на над не ні о об про по при та так також те ти то тому у хто це цей ця чи чим що щоб як
        яка яке який які""",
    "ar": """ان إن أن او أو اي أي أين اين الا إلا التي الذي الذين الى إلى اما أما به بها بين بعد تلك ثم حتى حول حيث
        خلال ذلك عن عند على علي عليه غير في فيه فيها قبل قد كان كانت كل كم كما كيف لا لدى لذلك لكن لم لماذا لن له لها
        ليس ما ماذا متى مع من منذ منه منها من هذا هذه هل هم هو هي هناك و وقد وكان وهو وهي يكون""",
    "fa": """از است اما او این با بر برای به بود تا چه چرا چگونه چند خود در دو را شد شده که کدام کرد کجا کسی ما من
        می نیز هم همه و هر هستند یا یک""",
    "he": """אבל אולי אחרי אין אל או אילו אם אני אנחנו את אתה אתם באיזה בו בין גם היא הוא היה היו הם הן זאת זה זו
        יש כאשר כי כל כמה כן כך לא לו לפי לפני מאוד מה מי מתי למה על עד עם של שלו שלה תחת""",
    "el": """αλλά αν από αυτή αυτό αυτός για γιατί δεν εγώ εδώ είναι εκεί ένα ένας έχει ή η ήταν θα και κάθε κατά
        μας με μετά μέχρι μη μια μόνο να ο οι όμως όπως όταν ότι πιο ποια ποιος πολύ ποτέ που πού πριν προς πώς σας
        σε στα στη στην στο στον στους τα τη την της τι τις το του τους των ως""",
    "hi": """और अब इस इसे उस उन एक एवं ऐसे कब कर करने कहाँ का कि किस किसी की कुछ के को कौन क्या क्यों जब जो तक तथा
        तो था थी थे द्वारा ने नहीं पर बाद भी में यदि यह या ये रहा लिए वह वे से हम है हैं हुआ हो होता""",
}

STOP_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _LISTS.items()}

# Characters that carry grammar rather than meaning: a pair made of two of them is not worth looking for.
CHINESE_GRAMMAR = frozenset("的了是在和与及或也都就而之其于以为有这那哪些个什么吗呢吧被把从到对等很更最何谁多少如")
